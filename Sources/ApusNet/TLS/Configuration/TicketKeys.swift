#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL
    import CSystem

    /// The ticket keys of a server, shared by its loops and by the contexts that follow one another as it is reloaded.
    @safe final class TicketKeys: Sendable {
        private let ring: Lock<TicketKeyRing>
        private let cipher: apus_shared_cipher
        private let clock: @Sendable () -> UInt64
        /// How long a key seals, in seconds; nil: as long as it stands in its file.
        let lifetime: UInt64?
        /// What they are derived from; nil for others.
        let secret: [UInt8]?

        /// - Parameters:
        ///   - ring: The keys.
        ///   - secret: What they are derived from; nil for others.
        ///   - clock: Seconds of a clock that only rises.
        init(
            _ ring: TicketKeyRing, secret: [UInt8]? = nil,
            clock: @escaping @Sendable () -> UInt64 = { apus_monotonic_nanoseconds() / 1_000_000_000 }
        ) {
            self.ring = Lock(ring)
            lifetime = ring.lifetime
            self.secret = secret
            self.clock = clock
            // Looked up once: OpenSSL 3 would do it anew for each ticket.
            unsafe cipher = apus_shared_cipher(cipher: EVP_CIPHER_fetch(nil, "AES-256-CBC", nil))
        }

        deinit { unsafe EVP_CIPHER_free(cipher.cipher) }

        /// A key of random bytes; nil when the system has none to give.
        static func makeKey() -> TicketKey? {
            var bytes = [UInt8](repeating: 0, count: TicketKey.size)
            guard unsafe RAND_priv_bytes(&bytes, CInt(bytes.count)) == 1 else { return nil }
            return TicketKey(bytes[...])
        }

        /// Keys that every process on this machine has that knows the secret: HKDF makes each from it and the number of its
        /// time, so that all change to the next one at the same moment (RFC 5869).
        static func derived(
            from secret: [UInt8], lifetime: UInt64,
            clock: @escaping @Sendable () -> UInt64 = { apus_monotonic_nanoseconds() / 1_000_000_000 }
        ) -> TicketKeys {
            let ring = TicketKeyRing(lifetime: lifetime) { epoch in
                let info = Array("apus ticket key \(lifetime) \(epoch)".utf8)
                var bytes = [UInt8](repeating: 0, count: TicketKey.size)
                guard unsafe apus_hkdf(secret, secret.count, info, info.count, &bytes, bytes.count) else { return nil }
                return TicketKey(bytes[...])
            }
            return TicketKeys(ring, secret: secret, clock: clock)
        }

        /// Prepares sealing or opening of one ticket, by the contract of SSL_CTX_set_tlsext_ticket_key_evp_cb(3):
        /// 1 goes on, 2 goes on and brings a new ticket, 0 does without one, less is an error.
        @unsafe fileprivate func prepare(
            _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>, _ context: OpaquePointer,
            _ mac: OpaquePointer, seals: Bool, renews: Bool
        ) -> CInt {
            let now = clock()
            let size = 16
            if seals {
                guard let key = ring.withLock({ $0.sealing(at: now) }) else { return 0 }
                for index in 0..<size { unsafe name[index] = key.name[index] }
                guard unsafe RAND_bytes(iv, CInt(size)) == 1,
                    unsafe EVP_EncryptInit_ex(context, cipher.cipher, nil, key.encryption, iv) == 1,
                    unsafe apus_set_mac_key(mac, key.authentication)
                else { return -1 }
                return 1
            }
            let found = ring.withLock { ring in
                unsafe ring.opening(UnsafeRawBufferPointer(start: name, count: size), at: now)
            }
            guard let found else { return 0 }
            guard unsafe apus_set_mac_key(mac, found.key.authentication),
                unsafe EVP_DecryptInit_ex(context, cipher.cipher, nil, found.key.encryption, iv) == 1
            else { return -1 }
            return renews || found.isOld ? 2 : 1
        }
    }

    /// Seals or opens a session ticket with the keys of the context.
    let sealOrOpenTicket: apus_ticket_callback = { session, name, iv, cipher, mac, seals in
        guard let keys = unsafe ContextState.of(session: session)?.ticketKeys, let name = unsafe name,
            let iv = unsafe iv, let cipher = unsafe cipher, let mac = unsafe mac
        else { return -1 }
        // A ticket of TLS 1.3 is used once: who resumes needs the next one.
        let renews = unsafe SSL_version(session) == TLS1_3_VERSION
        return unsafe keys.prepare(name, iv, cipher, mac, seals: seals == 1, renews: renews)
    }

    extension TLSConfigurationAudit {
        /// The keys that the configuration asks for; nil without tickets. `earlier` ones go on if they may.
        mutating func ticketKeys(for resumption: TLSResumption, at path: String, earlier: TicketKeys?) -> TicketKeys? {
            guard resumption.usesTickets else { return nil }
            let lifetime = resumption.ticketKeyLifetime
            if lifetime < .seconds(60) || lifetime > .seconds(7 * 24 * 3600) {
                reject("\(path).ticketKeyLifetime", "\(lifetime)", .badValue("it is one minute to seven days"))
                return nil
            }
            guard let file = resumption.ticketKeyFile else {
                let seconds = UInt64(lifetime.components.seconds)
                let secret = resumption.ticketSecret
                if let earlier, earlier.lifetime == seconds, earlier.secret == secret { return earlier }
                if let secret { return .derived(from: secret, lifetime: seconds) }
                return TicketKeys(TicketKeyRing(lifetime: seconds, make: TicketKeys.makeKey))
            }
            let place = "\(path).ticketKeyFile"
            guard let bytes = read(.file(file), at: place) else { return nil }
            guard !bytes.isEmpty, bytes.count % TicketKey.size == 0 else {
                reject(place, file, .badValue("it has \(bytes.count) bytes, not 80 for each key"))
                return nil
            }
            let keys = stride(from: 0, to: bytes.count, by: TicketKey.size).map {
                TicketKey(bytes[$0..<$0 + TicketKey.size])
            }
            return TicketKeys(TicketKeyRing(fixed: keys))
        }
    }
#endif

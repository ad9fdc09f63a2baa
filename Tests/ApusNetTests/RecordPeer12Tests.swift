#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL
    import Testing

    @testable import ApusNet

    /// OpenSSL as the client of TLS 1.2, and what took the server over from it.
    @safe private struct Peer {
        private let handshake: MemoryHandshake
        let server: RecordEnd

        /// - Parameters:
        ///   - cipher: The cipher suite, in OpenSSL's words.
        ///   - context: The server's, and its client's.
        init(_ cipher: String, server context: TLSContext, client: TLSContext) throws {
            let handshake = try MemoryHandshake(client: client, server: context)
            self.handshake = handshake
            handshake.limitToTLS12(cipher: cipher)
            let isDone = handshake.run()
            try #require(isDone, "\(String(describing: handshake.clientError))")
            let session = unsafe handshake.server
            guard let used = unsafe SSL_get_current_cipher(session),
                let notes = unsafe apus_tls_notes_of(session, ExtraData.notes)
            else { throw TLSError(.failure, reason: "nothing was noted") }
            // A connection notes this as it sends: here it is looked up in what was sent.
            let finished: [UInt8] = [20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 40]
            let written = handshake.written
            if let place = written.indices.last(where: { written[$0...].starts(with: finished) }) {
                let nonce = written[(place + finished.count)...].prefix(8)
                unsafe notes.pointee.first_nonce = nonce.reduce(0) { $0 << 8 | UInt64($1) }
                unsafe notes.pointee.has_first_nonce = true
            }
            let layer = unsafe RecordLayer(of: session, used, ciphers: RecordCiphers(), pool: BufferPool())
            server = RecordEnd(try #require(layer))
        }

        /// What the client sends for these bytes.
        func seal(_ bytes: [UInt8]) -> [UInt8] {
            var done = 0
            while done < bytes.count {
                // A record at a time.
                let rest = Array(bytes[done...])
                let sent = unsafe SSL_write(handshake.client, rest, CInt(rest.count))
                precondition(sent > 0)
                done += Int(sent)
            }
            return written()
        }

        /// What the client has written since.
        func written() -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = unsafe BIO_read(SSL_get_wbio(handshake.client), &bytes, CInt(bytes.count))
            return Array(bytes.prefix(max(0, Int(count))))
        }

        /// What the client makes of what came, and why it reads no more.
        func open(_ bytes: [UInt8]) -> (content: [UInt8], end: CInt) {
            unsafe BIO_write(SSL_get_rbio(handshake.client), bytes, CInt(bytes.count))
            var content: [UInt8] = []
            var into = [UInt8](repeating: 0, count: 1 << 15)
            while true {
                ERR_clear_error()
                let count = unsafe SSL_read(handshake.client, &into, CInt(into.count))
                guard count > 0 else { return unsafe (content, SSL_get_error(handshake.client, count)) }
                content += into[..<Int(count)]
            }
        }

        /// Has the client say farewell.
        func sayFarewell() { unsafe SSL_shutdown(handshake.client) }

        /// Has the client begin to negotiate anew.
        func renegotiate() {
            unsafe SSL_clear_options(handshake.client, apus_option_no_renegotiation)
            unsafe SSL_renegotiate(handshake.client)
            unsafe SSL_do_handshake(handshake.client)
        }

        /// Why the client's last call failed.
        var reason: CInt { CInt(ERR_peek_error() & 0x7f_ffff) }
    }

    @Suite("The record layer of TLS 1.2, taken over, with OpenSSL at the other end,") struct RecordPeer12Tests {
        static let ciphers = [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
            "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
            "DHE-RSA-AES256-GCM-SHA384",
        ]

        /// A server with a certificate of either kind.
        private static let server: (TLSContext, TLSContext)? = {
            guard let authority = try? TestAuthority(), let rsa = try? authority.issue(key: PrivateKey.makeRSA()),
                let ecdsa = try? authority.issue(), let client = try? authority.client({ $0.cachedHosts = 0 }),
                let identities = try? [ecdsa.identity, rsa.identity],
                let context = try? TLSContext(server: TLSConfiguration(identities: identities))
            else { return nil }
            return (context, client)
        }()

        private func peer(_ cipher: String = "ECDHE-ECDSA-AES128-GCM-SHA256") throws -> Peer {
            let (server, client) = try #require(Self.server)
            return try Peer(cipher, server: server, client: client)
        }

        @Test("opens what it seals and seals what it opens, whatever the cipher and the size", arguments: ciphers)
        func roundTrip(_ cipher: String) throws {
            let peer = try peer(cipher)
            for count in [1, 16, 1000, 16_384, 16_385, 200_000] {
                let bytes = noise(count, seed: UInt64(count))
                let before = peer.server.content.count
                #expect(peer.server.open(peer.seal(bytes)) == .drained)
                let isOpened = peer.server.content[before...].elementsEqual(bytes)
                #expect(isOpened, "\(count) bytes")
                let (content, end) = peer.open(peer.server.seal(bytes))
                let isSame = content == bytes
                #expect(isSame, "\(count) bytes")
                #expect(end == SSL_ERROR_WANT_READ)
            }
        }

        @Test("opens what was cut at any place", arguments: ciphers.prefix(3))
        func splits(_ cipher: String) throws {
            let peer = try peer(cipher)
            var count = 0
            for place in 0..<90 {
                let bytes = peer.seal(noise(40)) + peer.seal(noise(20))
                #expect(peer.server.open(Array(bytes.prefix(place))) == .drained)
                #expect(peer.server.open(Array(bytes.dropFirst(place))) == .drained)
                count += 60
                #expect(peer.server.content.count == count)
            }
            #expect(peer.server.content.suffix(60).elementsEqual(noise(40) + noise(20)))
        }

        @Test("both say farewell", arguments: ciphers.prefix(3))
        func farewell(_ cipher: String) throws {
            let peer = try peer(cipher)
            let (content, end) = peer.open(peer.server.seal([1, 2]) + peer.server.seal(.closeNotify))
            #expect(content == [1, 2])
            #expect(end == SSL_ERROR_ZERO_RETURN)
            peer.sayFarewell()
            #expect(peer.server.open(peer.written()) == .ended)
        }

        @Test("each refuses what was changed, and hears why", arguments: ciphers.prefix(3))
        func changed(_ cipher: String) throws {
            let one = try peer(cipher)
            var bytes = one.seal(noise(100))
            bytes[60] ^= 1
            guard case .refused(let alert, _) = one.server.open(bytes) else {
                Issue.record("it was not refused")
                return
            }
            #expect(alert == .badRecordMAC)
            #expect(one.open(one.server.seal(alert)).end == SSL_ERROR_SSL)
            #expect(one.reason == SSL_AD_REASON_OFFSET + 20)
            let other = try peer(cipher)
            bytes = other.server.seal(noise(100))
            bytes[60] ^= 1
            #expect(other.open(bytes).end == SSL_ERROR_SSL)
            #expect(other.server.open(other.written()) == .alerted(.badRecordMAC))
        }

        @Test("turns a renegotiation down, as OpenSSL would")
        func renegotiation() throws {
            let peer = try peer()
            peer.renegotiate()
            #expect(peer.server.open(peer.written()) == .drained)
            #expect(peer.server.layer.owesRefusal)
            #expect(peer.open(peer.server.refuseRenegotiation()).end == SSL_ERROR_SSL)
            #expect(peer.reason == SSL_R_NO_RENEGOTIATION)
            // OpenSSL gives up for it.
            #expect(peer.server.open(peer.written()) == .alerted(.handshakeFailure))
        }
    }
#endif

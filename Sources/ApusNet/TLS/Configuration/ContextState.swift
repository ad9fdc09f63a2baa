#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// What callbacks need to know of the context that calls them. It lives as long as the context, and never changes.
    final class ContextState: Sendable {
        /// The protocols that are spoken, best first, as they stand on the wire (RFC 7301, section 3.1).
        let protocols: [UInt8]
        /// By the address of the certificate, which the context holds.
        let staples: [UInt: Staple]
        let pins: [TLSFingerprint]
        let ticketKeys: TicketKeys?
        let keyLog: KeyLog?
        let sessions: TLSSessionStore?

        init(
            protocols: [UInt8], staples: [UInt: Staple] = [:], pins: [TLSFingerprint] = [],
            ticketKeys: TicketKeys? = nil, keyLog: KeyLog? = nil, sessions: TLSSessionStore? = nil
        ) {
            self.protocols = protocols
            self.staples = staples
            self.pins = pins
            self.ticketKeys = ticketKeys
            self.keyLog = keyLog
            self.sessions = sessions
        }

        /// The state of a context, for the time of a callback.
        @unsafe static func of(_ context: OpaquePointer?) -> ContextState? {
            guard let found = unsafe SSL_CTX_get_ex_data(context, ExtraData.state) else { return nil }
            return unsafe Unmanaged<ContextState>.fromOpaque(found).takeUnretainedValue()
        }

        /// The state of the context that a session has now.
        @unsafe static func of(session: OpaquePointer?) -> ContextState? { unsafe of(SSL_get_SSL_CTX(session)) }
    }

    /// The places of Swift objects in OpenSSL's.
    enum ExtraData {
        /// A context's ``ContextState``.
        static let state = unsafe apus_new_index(CRYPTO_EX_INDEX_SSL_CTX, releaseObject)
        /// A server context's ``HostTable``.
        static let hosts = unsafe apus_new_index(CRYPTO_EX_INDEX_SSL_CTX, releaseObject)
        /// A client session's ``SessionPlace``.
        static let place = unsafe apus_new_index(CRYPTO_EX_INDEX_SSL, releaseObject)
        /// The ``apus_tls_notes`` of a server's session.
        static let notes = unsafe apus_new_index(CRYPTO_EX_INDEX_SSL, apus_tls_release_notes)
        /// The last alert that a session sent, plus 256; no object.
        static let alert = unsafe apus_new_index(CRYPTO_EX_INDEX_SSL, keepNothing)
    }

    /// Gives back what a context or session held, when OpenSSL frees that.
    @unsafe private func releaseObject(
        _ owner: UnsafeMutableRawPointer?, _ object: UnsafeMutableRawPointer?,
        _ data: UnsafeMutablePointer<CRYPTO_EX_DATA>?, _ index: CInt, _ number: CLong,
        _ argument: UnsafeMutableRawPointer?
    ) {
        if let object = unsafe object { unsafe Unmanaged<AnyObject>.fromOpaque(object).release() }
    }

    /// For what is no object.
    @unsafe private func keepNothing(
        _ owner: UnsafeMutableRawPointer?, _ object: UnsafeMutableRawPointer?,
        _ data: UnsafeMutablePointer<CRYPTO_EX_DATA>?, _ index: CInt, _ number: CLong,
        _ argument: UnsafeMutableRawPointer?
    ) {}

    /// Notes the alert that a session sends, for the error that follows.
    let noteAlert: @convention(c) (OpaquePointer?, CInt, CInt) -> Void = { session, what, value in
        guard what & SSL_CB_WRITE_ALERT == SSL_CB_WRITE_ALERT, let session = unsafe session else { return }
        let alert = UInt(value & 0xff) + 256
        unsafe SSL_set_ex_data(session, ExtraData.alert, UnsafeMutableRawPointer(bitPattern: alert))
    }

    extension TLSAlert {
        /// The last alert that a session sent; nil when it sent none.
        @unsafe package static func sent(by session: OpaquePointer) -> TLSAlert? {
            guard let noted = unsafe SSL_get_ex_data(session, ExtraData.alert) else { return nil }
            return TLSAlert(rawValue: UInt8(truncatingIfNeeded: UInt(bitPattern: noted)))
        }
    }
#endif

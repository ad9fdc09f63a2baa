#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// The contexts of a server's hosts by their names, and what becomes of other names (RFC 6066, section 3).
    final class HostTable: Sendable {
        private let exact: [String: Choice]
        /// By what stands behind the star.
        private let wildcards: [String: Choice]
        private let refusesUnknown: Bool
        private let hasDefault: Bool

        /// - Parameters:
        ///   - hosts: Who serves each name that is known. Not by the context that holds this table: a cycle.
        ///   - refusesUnknown: Whether other names are refused.
        ///   - hasDefault: Whether there is someone to serve them, and those who name none.
        init(_ hosts: [TLSHostName: Choice], refusesUnknown: Bool, hasDefault: Bool) {
            var exact: [String: Choice] = [:]
            var wildcards: [String: Choice] = [:]
            for (name, choice) in hosts {
                if name.isWildcard { wildcards[name.text] = choice } else { exact[name.text] = choice }
            }
            self.exact = exact
            self.wildcards = wildcards
            self.refusesUnknown = refusesUnknown
            self.hasDefault = hasDefault
        }

        /// Who serves a client.
        enum Choice: Sendable {
            case host(ContextHandle)
            case byDefault
            case refused
        }

        /// Who serves a client that asks for `name`; nil: it names none. An exact name goes before a wildcard.
        func choose(_ name: String?) -> Choice {
            guard let name else { return hasDefault ? .byDefault : .refused }
            if let asked = TLSHostName(name), !asked.isWildcard {
                if let found = exact[asked.text] { return found }
                if let parent = asked.parent, let found = wildcards[parent] { return found }
            }
            return refusesUnknown || !hasDefault ? .refused : .byDefault
        }
    }

    /// Has a session go on with the context of the host that the client asks for. `argument` is the ``HostTable``.
    let chooseHost: apus_name_callback = { session, alert, argument in
        guard let argument = unsafe argument, let session = unsafe session else { return SSL_TLSEXT_ERR_NOACK }
        let hosts = unsafe Unmanaged<HostTable>.fromOpaque(argument).takeUnretainedValue()
        let asked = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)
        switch hosts.choose(unsafe asked.map { unsafe String(cString: $0) }) {
        case .host(let context):
            if unsafe SSL_set_SSL_CTX(session, context.pointer) != nil { return SSL_TLSEXT_ERR_OK }
            unsafe alert?.pointee = SSL_AD_INTERNAL_ERROR
            return SSL_TLSEXT_ERR_ALERT_FATAL
        // Noted with the session, which of TLS 1.2 is all that tells the name when it is resumed.
        case .byDefault: return unsafe asked == nil ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK
        case .refused:
            unsafe alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
    }
#endif

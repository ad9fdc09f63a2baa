#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// The contexts of a server's hosts by their names, and what becomes of other names (RFC 6066, section 3).
    final class HostTable: Sendable {
        private let exact: [String: ContextHandle]
        /// By what stands behind the star.
        private let wildcards: [String: ContextHandle]
        private let refusesUnknown: Bool
        private let hasDefault: Bool

        init(_ hosts: [TLSHostName: ContextHandle], refusesUnknown: Bool, hasDefault: Bool) {
            var exact: [String: ContextHandle] = [:]
            var wildcards: [String: ContextHandle] = [:]
            for (name, context) in hosts {
                if name.isWildcard { wildcards[name.text] = context } else { exact[name.text] = context }
            }
            self.exact = exact
            self.wildcards = wildcards
            self.refusesUnknown = refusesUnknown
            self.hasDefault = hasDefault
        }

        /// Who serves a client.
        enum Choice {
            case host(ContextHandle)
            case byDefault
            case refused
        }

        /// Who serves a client that asks for `name`; nil: it names none. An exact name goes before a wildcard.
        func choose(_ name: String?) -> Choice {
            guard let name else { return hasDefault ? .byDefault : .refused }
            if let asked = TLSHostName(name), !asked.isWildcard {
                if let found = exact[asked.text] { return .host(found) }
                if let parent = asked.parent, let found = wildcards[parent] { return .host(found) }
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
        case .byDefault: return SSL_TLSEXT_ERR_NOACK
        case .refused:
            unsafe alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
    }
#endif

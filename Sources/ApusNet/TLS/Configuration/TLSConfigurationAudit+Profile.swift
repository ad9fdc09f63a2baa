#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSConfigurationAudit {
        /// Sets versions, ciphers, groups and what is the same for every context.
        mutating func apply(_ profile: TLSProfile, to context: ContextHandle, at path: String) {
            defer { ERR_clear_error() }
            let pointer = unsafe context.pointer
            unsafe apus_set_modes(pointer)
            unsafe SSL_CTX_set_options(pointer, apus_option_no_renegotiation | apus_option_no_compression)
            unsafe SSL_CTX_set_quiet_shutdown(pointer, 0)
            if profile.prefersServerOrder {
                unsafe SSL_CTX_set_options(pointer, apus_option_server_preference | apus_option_prioritize_chacha)
            } else {
                unsafe SSL_CTX_clear_options(pointer, apus_option_server_preference)
            }
            _ = unsafe apus_set_versions(
                pointer, CInt(profile.versions.lowerBound.rawValue), CInt(profile.versions.upperBound.rawValue))

            set(profile.ciphers, at: "\(path).ciphers", isNeeded: profile.versions.lowerBound == .tls12) { list in
                unsafe SSL_CTX_set_cipher_list(pointer, list) == 1
            }
            set(profile.suites, at: "\(path).suites", isNeeded: profile.versions.upperBound == .tls13) { list in
                unsafe SSL_CTX_set_ciphersuites(pointer, list) == 1
            }
            set(profile.groups, at: "\(path).groups", isNeeded: true) { list in
                unsafe apus_set_groups(pointer, list)
            }
            if profile.ciphers.contains(where: { $0.hasPrefix("DHE-") }) { _ = unsafe apus_set_ffdhe2048(pointer) }
        }

        /// Tries each name by itself, for the library passes over those of a list that it does not know.
        private mutating func set(
            _ names: [String], at path: String, isNeeded: Bool, _ apply: (String) -> Bool
        ) {
            if names.isEmpty {
                if isNeeded { reject(path, "", .empty) }
                return
            }
            var known: [String] = []
            for (index, name) in names.enumerated() {
                if !name.isEmpty, !name.contains(":"), apply(name) {
                    known.append(name)
                } else {
                    reject("\(path)[\(index)]", name, .badValue("the library knows no such name"))
                }
            }
            if !known.isEmpty { _ = apply(known.joined(separator: ":")) }
        }

        /// The protocols as they stand on the wire: each behind its length.
        mutating func wireFormat(of protocols: [String], at path: String) -> [UInt8] {
            var wire: [UInt8] = []
            for (index, name) in protocols.enumerated() {
                if name.isEmpty || name.utf8.count > 255 {
                    reject("\(path)[\(index)]", name, .badValue("a protocol's name has 1 to 255 bytes"))
                } else {
                    wire.append(UInt8(name.utf8.count))
                    wire += name.utf8
                }
            }
            return wire
        }

        /// Has a context show an identity.
        mutating func install(_ identity: LoadedIdentity, in context: ContextHandle, at path: String) {
            ERR_clear_error()
            defer { ERR_clear_error() }
            let pointer = unsafe context.pointer
            guard unsafe SSL_CTX_use_certificate(pointer, identity.certificate.pointer) == 1,
                unsafe SSL_CTX_use_PrivateKey(pointer, identity.key.pointer) == 1
            else { return reject(path, identity.certificate.subject, .malformed(TLSError.queued("refused").reason)) }
            for issuer in identity.chain where unsafe !apus_add_chain(pointer, issuer.pointer) {
                reject(path, issuer.subject, .malformed(TLSError.queued("refused").reason))
            }
        }
    }
#endif

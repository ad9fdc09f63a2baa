#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// An identity that was read and found good. Not to be passed between threads.
    struct LoadedIdentity {
        let certificate: Certificate
        /// The issuers' certificates, each the issuer of the one before.
        let chain: [Certificate]
        let key: PrivateKey
        let staple: Staple?
    }

    extension TLSConfigurationAudit {
        /// Reads the identities of one host; what can't be used is reported and left out.
        mutating func load(_ identities: [TLSIdentity], at path: String) -> [LoadedIdentity] {
            var loaded: [LoadedIdentity] = []
            for (index, identity) in identities.enumerated() {
                let place = "\(path)[\(index)]"
                guard let found = load(identity, at: place) else { continue }
                let family = found.key.kind.family
                if loaded.contains(where: { $0.key.kind.family == family }) {
                    reject(place, "", .sameKindOfKey(family))
                } else {
                    loaded.append(found)
                }
            }
            return loaded
        }

        private mutating func load(_ identity: TLSIdentity, at path: String) -> LoadedIdentity? {
            let before = errors.count
            let parts: Parts?
            switch identity.material {
            case .pem(let certificates, let key):
                parts = readPEM(certificates, key: key, passphrase: identity.passphrase, at: path)
            case .pkcs12(let source): parts = readPKCS12(source, passphrase: identity.passphrase, at: path)
            }
            guard var parts else {
                // Its own mistakes are worth knowing although there is nothing to staple it to.
                if let response = identity.ocspResponse { _ = read(response, at: "\(path).ocspResponse") }
                return nil
            }
            checkDates(of: parts, identity, at: path)
            // Before a root is left out, for it may be the issuer.
            let issuer = parts.chain.first
            checkChain(of: &parts, at: path)
            let staple = identity.ocspResponse.flatMap { source in
                readStaple(source, for: parts.certificate, issuer: issuer, at: "\(path).ocspResponse")
            }
            guard errors.count == before, let key = parts.key else { return nil }
            return LoadedIdentity(certificate: parts.certificate, chain: parts.chain, key: key, staple: staple)
        }

        /// What the sources of an identity hold; no key when its mistake is reported already.
        private struct Parts {
            let certificate: Certificate
            var chain: [Certificate]
            let key: PrivateKey?
            let source: TLSSource
            let place: String
        }

        private mutating func readPEM(
            _ source: TLSSource, key keySource: TLSSource?, passphrase: String?, at path: String
        ) -> Parts? {
            let place = "\(path).certificates"
            let bytes = read(source, at: place)
            var certificates: [Certificate] = []
            if let bytes {
                switch Certificate.all(inPEM: bytes) {
                case .success(let found) where found.isEmpty: reject(place, source.description, .noCertificate)
                case .success(let found): certificates = found
                case .failure(let failure): reject(place, source.description, .malformed(failure.reason))
                }
            }
            let keyPlace = keySource == nil ? place : "\(path).key"
            var key: PrivateKey?
            if let keyBytes = keySource.map({ read($0, at: keyPlace) }) ?? bytes {
                let name = (keySource ?? source).description
                switch PrivateKey.first(inPEM: keyBytes, passphrase: passphrase) {
                case .success(let found): key = checked(found, certificates.first, at: keyPlace, name)
                case .failure(let problem): reject(keyPlace, name, problem)
                }
            }
            guard let first = certificates.first else { return nil }
            return Parts(
                certificate: first, chain: Array(certificates.dropFirst()), key: key, source: source, place: place)
        }

        /// The key if it is of a kind that is used, and the certificate's.
        private mutating func checked(
            _ key: PrivateKey, _ certificate: Certificate?, at path: String, _ name: String
        ) -> PrivateKey? {
            guard key.kind.isUsable else {
                reject(path, name, .unusableKey(key.kind.description))
                return nil
            }
            defer { ERR_clear_error() }
            if let certificate, unsafe X509_check_private_key(certificate.pointer, key.pointer) != 1 {
                reject(path, name, .keyMismatch)
                return nil
            }
            return key
        }

        private mutating func readPKCS12(_ source: TLSSource, passphrase: String?, at path: String) -> Parts? {
            let place = "\(path).pkcs12"
            guard let bytes = read(source, at: place) else { return nil }
            let name = source.description
            ERR_clear_error()
            defer { ERR_clear_error() }
            let opened = unsafe bytes.withUnsafeBufferPointer { raw in
                var cursor = raw.baseAddress
                return unsafe d2i_PKCS12(nil, &cursor, raw.count)
            }
            guard let archive = unsafe opened else {
                reject(place, name, .malformed("it is no PKCS#12"))
                return nil
            }
            defer { unsafe PKCS12_free(archive) }
            if unsafe PKCS12_mac_present(archive) == 1,
                unsafe PKCS12_verify_mac(archive, passphrase ?? "", -1) != 1
            {
                reject(place, name, passphrase == nil ? .passphraseMissing : .passphraseWrong)
                return nil
            }
            var key: OpaquePointer?
            var certificate: OpaquePointer?
            var others: OpaquePointer?
            guard unsafe PKCS12_parse(archive, passphrase ?? "", &key, &certificate, &others) == 1 else {
                reject(place, name, Self.whyClosed(TLSError.queued("it can't be opened")))
                return nil
            }
            var rest: [Certificate] = []
            if let others = unsafe others {
                for index in 0..<(unsafe apus_certificate_count(others)) {
                    let one = unsafe apus_certificate_at(others, index)
                    unsafe X509_up_ref(one)
                    rest.append(unsafe Certificate(owning: one))
                }
                unsafe apus_free_certificates(others)
            }
            let owned = unsafe key.map { unsafe PrivateKey(owning: $0) }
            guard let leaf = unsafe certificate.map({ unsafe Certificate(owning: $0) }) else {
                reject(place, name, .noCertificate)
                return nil
            }
            guard let owned else {
                reject(place, name, .noKey)
                return nil
            }
            // The archive is a bag: its certificates are put in order here.
            var chain: [Certificate] = []
            var last = leaf
            while !last.isSelfIssued, let next = rest.firstIndex(where: { last.isIssued(by: $0) }) {
                last = rest.remove(at: next)
                chain.append(last)
            }
            return Parts(
                certificate: leaf, chain: chain, key: checked(owned, leaf, at: place, name), source: source,
                place: place)
        }

        private static func whyClosed(_ error: TLSError) -> TLSConfigurationError.Problem {
            error.reason == "unsupported" ? .outdatedEncryption : .malformed(error.reason)
        }

        private mutating func checkDates(of parts: Parts, _ identity: TLSIdentity, at path: String) {
            guard !identity.allowsInvalidDates else { return }
            for (index, certificate) in ([parts.certificate] + parts.chain).enumerated() {
                let name = index == 0 ? parts.source.description : "\(parts.source), \(certificate.subject)"
                if certificate.notAfter < now { reject(parts.place, name, .expired(certificate.notAfter)) }
                if certificate.notBefore > now { reject(parts.place, name, .notYetValid(certificate.notBefore)) }
            }
        }

        /// Each certificate must be issued by the next; a root at the end is not sent, for who trusts it has it.
        private mutating func checkChain(of parts: inout Parts, at path: String) {
            var last = parts.certificate
            for next in parts.chain {
                guard last.isIssued(by: next) else {
                    return reject(
                        parts.place, parts.source.description, .chainBroken(last.subject, next: next.subject))
                }
                last = next
            }
            if last.isSelfIssued {
                if !parts.chain.isEmpty { parts.chain.removeLast() }
            } else if unsafe apus_names_issuer_place(last.pointer), !SystemAuthorities.know(issuerOf: last) {
                // Only a warning: a company's own authority may be known to all its clients.
                warn(parts.place, parts.source.description, .chainIncomplete(issuer: last.issuer))
            }
        }
    }
#endif

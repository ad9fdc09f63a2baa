#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSCertificate {
        /// What an `X509` says, which stays the caller's.
        @unsafe package init(_ certificate: OpaquePointer) {
            der = unsafe Self.bytes { unsafe i2d_X509(certificate, $0) }
            subject = unsafe Self.text(ofName: X509_get_subject_name(certificate))
            issuer = unsafe Self.text(ofName: X509_get_issuer_name(certificate))
            serial = unsafe Self.serial(of: certificate)
            notBefore = unsafe apus_seconds(X509_get0_notBefore(certificate))
            notAfter = unsafe apus_seconds(X509_get0_notAfter(certificate))
            alternativeNames = unsafe Self.alternativeNames(of: certificate)
            key = unsafe X509_get0_pubkey(certificate).map { unsafe PrivateKey.kind(of: $0).description } ?? "unknown"
            fingerprint = unsafe Self.fingerprint(of: certificate)
        }

        /// A certificate from DER; nil when it is none.
        public init?(der: [UInt8]) {
            let parsed = unsafe der.withUnsafeBufferPointer { bytes in
                var cursor = bytes.baseAddress
                return unsafe d2i_X509(nil, &cursor, bytes.count)
            }
            guard let certificate = unsafe parsed else {
                ERR_clear_error()
                return nil
            }
            defer { unsafe X509_free(certificate) }
            unsafe self.init(certificate)
        }

        /// The first certificate of PEM text; nil when there is none.
        public init?(pem: [UInt8]) {
            guard case .success(let found) = Certificate.all(inPEM: pem), let first = found.first else { return nil }
            self = first.value
        }

        static func fingerprint(of certificate: OpaquePointer) -> TLSFingerprint {
            let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
                var length: CUnsignedInt = 32
                count = unsafe X509_digest(certificate, EVP_sha256(), buffer.baseAddress, &length) == 1 ? 32 : 0
            }
            return TLSFingerprint(bytes: digest) ?? TLSFingerprint(bytes: [UInt8](repeating: 0, count: 32))!
        }

        /// The bytes that an `i2d` function writes.
        @unsafe static func bytes(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> CInt) -> [UInt8] {
            let count = write(nil)
            guard count > 0 else { return [] }
            return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
                var cursor = buffer.baseAddress
                written = unsafe max(0, Int(write(&cursor)))
            }
        }

        @unsafe static func text(ofName name: OpaquePointer?) -> String {
            guard let name = unsafe name, let bio = unsafe BIO_new(BIO_s_mem()) else { return "" }
            defer { unsafe BIO_free(bio) }
            // RFC 2253's order and escapes, with UTF-8 left as it is.
            let style = apus_name_style
            guard unsafe X509_NAME_print_ex(bio, name, 0, style) >= 0 else { return "" }
            return unsafe text(in: bio)
        }

        /// The text in a BIO in memory.
        @unsafe static func text(in bio: OpaquePointer) -> String {
            var bytes: UnsafeMutablePointer<CChar>?
            let count = unsafe apus_bio_bytes(bio, &bytes)
            guard count > 0, let bytes = unsafe bytes else { return "" }
            return unsafe String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        }

        private static func serial(of certificate: OpaquePointer) -> String {
            guard let number = unsafe ASN1_INTEGER_to_BN(X509_get_serialNumber(certificate), nil) else { return "" }
            defer { unsafe BN_free(number) }
            guard let text = unsafe BN_bn2hex(number) else { return "" }
            defer { unsafe CRYPTO_free(text, nil, 0) }
            return unsafe String(cString: text)
        }

        private static func alternativeNames(of certificate: OpaquePointer) -> [AlternativeName] {
            guard let names = unsafe apus_alternatives(certificate) else { return [] }
            defer { unsafe apus_free_alternatives(names) }
            var found: [AlternativeName] = []
            for index in 0..<(unsafe apus_alternative_count(names)) {
                var bytes: UnsafePointer<UInt8>?
                var count: CInt = 0
                let kind = unsafe apus_alternative(names, index, &bytes, &count)
                guard let start = unsafe bytes else { continue }
                let value = unsafe UnsafeBufferPointer(start: start, count: Int(count))
                switch kind {
                case GEN_DNS: found.append(.dns(unsafe String(decoding: value, as: UTF8.self)))
                case GEN_EMAIL: found.append(.email(unsafe String(decoding: value, as: UTF8.self)))
                case GEN_URI: found.append(.uri(unsafe String(decoding: value, as: UTF8.self)))
                case GEN_IPADD: found.append(.address(addressText(unsafe Array(value))))
                default: break
                }
            }
            return found
        }

        private static func addressText(_ bytes: [UInt8]) -> String {
            func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
            switch bytes.count {
            case 4: return IPv4Address(value: UInt32(number(0..<4))).description
            case 16: return IPv6Address(high: number(0..<8), low: number(8..<16)).description
            default: return ""
            }
        }
    }
#endif

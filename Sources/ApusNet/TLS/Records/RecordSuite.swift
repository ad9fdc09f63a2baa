#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// How records are protected that we protect ourselves: the cipher suites of TLS 1.3 (RFC 8446, B.4), and those of
    /// TLS 1.2 that have the same cipher and the same hash (RFC 5288, RFC 5289, RFC 7905).
    enum RecordSuite: UInt16, CaseIterable, Sendable {
        case aes128GCM = 0x1301
        case aes256GCM = 0x1302
        case chacha20Poly1305 = 0x1303

        /// What a cipher of either version does to records; nil when it does something else.
        ///
        /// - Parameter cipher: An `SSL_CIPHER`.
        init?(_ cipher: OpaquePointer) {
            switch unsafe SSL_CIPHER_get_cipher_nid(cipher) {
            case NID_aes_128_gcm: self = .aes128GCM
            case NID_aes_256_gcm: self = .aes256GCM
            case NID_chacha20_poly1305: self = .chacha20Poly1305
            default: return nil
            }
            // A hash of its own would make other keys of the same secrets.
            guard let digest = unsafe SSL_CIPHER_get_handshake_digest(cipher),
                Int(unsafe EVP_MD_get_size(digest)) == secretSize
            else { return nil }
        }

        /// The name that RFC 8446 gives it.
        var name: String {
            switch self {
            case .aes128GCM: "TLS_AES_128_GCM_SHA256"
            case .aes256GCM: "TLS_AES_256_GCM_SHA384"
            case .chacha20Poly1305: "TLS_CHACHA20_POLY1305_SHA256"
            }
        }

        /// The bytes of a key.
        var keySize: Int { self == .aes128GCM ? 16 : 32 }

        /// How many bytes of a nonce stand in a record of TLS 1.2 (RFC 5288, 3; RFC 7905, 2); in TLS 1.3 none do.
        var explicitNonceSize: Int { self == .chacha20Poly1305 ? 0 : 8 }

        /// The bytes of a traffic secret, which are those of the suite's hash.
        var secretSize: Int { self == .aes256GCM ? 48 : 32 }

        /// How many records a key may protect; 2^24.5 of full size leave a safe distance for AES-GCM (RFC 8446, 5.5).
        var recordsPerKey: UInt64 { self == .chacha20Poly1305 ? 1 << 48 : 1 << 24 }

        /// OpenSSL's cipher, looked up once for the process.
        @unsafe var cipher: OpaquePointer? {
            switch self {
            case .aes128GCM: unsafe Self.aes128.cipher
            case .aes256GCM: unsafe Self.aes256.cipher
            case .chacha20Poly1305: unsafe Self.chacha20.cipher
            }
        }

        private static let aes128 = unsafe apus_shared_cipher(cipher: EVP_CIPHER_fetch(nil, "AES-128-GCM", nil))
        private static let aes256 = unsafe apus_shared_cipher(cipher: EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))
        private static let chacha20 = unsafe apus_shared_cipher(
            cipher: EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil))
    }
#endif

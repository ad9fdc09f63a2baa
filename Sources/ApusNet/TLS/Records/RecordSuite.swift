#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// A cipher suite of TLS 1.3 whose records we protect ourselves (RFC 8446, B.4).
    enum RecordSuite: UInt16, CaseIterable, Sendable {
        case aes128GCM = 0x1301
        case aes256GCM = 0x1302
        case chacha20Poly1305 = 0x1303

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

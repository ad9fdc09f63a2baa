#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// An `EVP_PKEY`, whose reference it holds. Not to be passed between threads.
    @safe final class PrivateKey {
        /// What a key is good for in TLS: a server has at most one identity of each.
        enum Kind: Hashable, CustomStringConvertible {
            case rsa(bits: Int)
            case ecdsa(curve: String)
            case ed25519
            case other(String)

            var description: String {
                switch self {
                case .rsa(let bits): "RSA \(bits)"
                case .ecdsa(let curve): "ECDSA \(curve)"
                case .ed25519: "ED25519"
                case .other(let name): name
                }
            }

            /// Kinds of one family can't stand side by side.
            var family: String {
                switch self {
                case .rsa: "an RSA"
                case .ecdsa: "an ECDSA"
                case .ed25519: "an Ed25519"
                case .other: "such a"
                }
            }

            var isUsable: Bool {
                switch self {
                case .rsa(let bits): bits >= 2048
                case .ecdsa(let curve): ["prime256v1", "secp384r1", "secp521r1"].contains(curve)
                case .ed25519: true
                case .other: false
                }
            }
        }

        let pointer: OpaquePointer

        /// Takes a reference over.
        @unsafe init(owning pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

        deinit { unsafe EVP_PKEY_free(pointer) }

        var kind: Kind { unsafe Self.kind(of: pointer) }

        @unsafe static func kind(of key: OpaquePointer) -> Kind {
            switch unsafe EVP_PKEY_get_base_id(key) {
            case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: return .rsa(bits: Int(unsafe EVP_PKEY_get_bits(key)))
            case EVP_PKEY_EC:
                var name = [CChar](repeating: 0, count: 64)
                var count = 0
                let found = unsafe name.withUnsafeMutableBufferPointer {
                    unsafe EVP_PKEY_get_group_name(key, $0.baseAddress, $0.count, &count)
                }
                guard found == 1 else { return .ecdsa(curve: "unnamed curve") }
                return .ecdsa(curve: String(decoding: name[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self))
            case EVP_PKEY_ED25519: return .ed25519
            default:
                return .other(unsafe EVP_PKEY_get0_type_name(key).map { unsafe String(cString: $0) } ?? "unknown")
            }
        }

        /// The first private key of PEM text, opened with the passphrase if it is encrypted.
        static func first(
            inPEM bytes: [UInt8], passphrase: String?
        ) -> Result<PrivateKey, TLSConfigurationError.Problem> {
            unsafe PEM.withBIO(over: bytes) { bio in
                ERR_clear_error()
                defer { ERR_clear_error() }
                var asked = false
                let key = unsafe withPassphrase(passphrase) { given in
                    let key = unsafe apus_read_key(bio, &given)
                    asked = unsafe given.was_asked
                    return unsafe key
                }
                if let key = unsafe key { return .success(unsafe PrivateKey(owning: key)) }
                if asked { return .failure(passphrase == nil ? .passphraseMissing : .passphraseWrong) }
                let code = ERR_peek_last_error()
                // The library calls it unsupported when there is no such block.
                if code == 0 || !bytes.contains(Array("PRIVATE KEY-----".utf8)) { return .failure(.noKey) }
                return .failure(.malformed(unsafe String(cString: ERR_reason_error_string(code))))
            }
        }

        @unsafe private static func withPassphrase<Output>(
            _ passphrase: String?, _ body: (inout apus_passphrase) -> Output
        ) -> Output {
            guard var text = passphrase else {
                var none = unsafe apus_passphrase(text: nil, count: 0, was_asked: false)
                return unsafe body(&none)
            }
            return text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    // An empty passphrase has a place in memory too.
                    var empty: CChar = 0
                    return unsafe withUnsafePointer(to: &empty) { nothing in
                        var given = unsafe apus_passphrase(
                            text: characters.baseAddress ?? nothing, count: CInt(characters.count), was_asked: false)
                        return unsafe body(&given)
                    }
                }
            }
        }
    }
#endif

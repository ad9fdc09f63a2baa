#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// HMAC with SHA-256 (RFC 2104, FIPS 180-4) under one key, by OpenSSL. Any thread.
    ///
    /// What depends on the key alone is computed once; each code begins with a copy of it, which takes half the time of setting
    /// the key anew.
    @safe package final class MessageAuthentication: Sendable {
        /// The bytes of a code.
        package static let size = 32

        private let keyed: apus_shared_mac

        /// Codes under a key.
        ///
        /// - Parameter key: The key.
        package init(key: [UInt8]) {
            var made = unsafe apus_shared_mac()
            // OpenSSL refuses only when it has no memory left.
            precondition(unsafe apus_mac_init(&made, key, key.count), "OpenSSL takes no key: out of memory")
            unsafe keyed = made
        }

        deinit { unsafe apus_mac_free(keyed) }

        /// The code of a message.
        package func code(of message: [UInt8]) -> [UInt8] {
            var code = [UInt8](repeating: 0, count: Self.size)
            // A code of zeroes must never pass for one.
            precondition(
                unsafe apus_mac_code(keyed, message, message.count, &code), "OpenSSL made no code: out of memory")
            return code
        }
    }
#endif

#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// HMAC with SHA-256 (RFC 2104, FIPS 180-4), by OpenSSL. Any thread.
    package enum MessageAuthentication {
        /// The bytes of a code.
        package static let size = 32

        /// The code of a message under a key.
        package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
            var code = [UInt8](repeating: 0, count: size)
            var count = CUnsignedInt(size)
            let made = unsafe HMAC(EVP_sha256(), key, CInt(key.count), message, message.count, &code, &count)
            // OpenSSL gives none only when it has no memory left; a code of zeroes must never pass for one.
            precondition(unsafe made != nil && count == size, "OpenSSL made no code: out of memory")
            return code
        }
    }
#endif

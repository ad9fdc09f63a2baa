#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// The digest of FIPS 180-4.
    enum SHA256 {
        /// 32 bytes.
        static func digest(of bytes: [UInt8]) -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: 32)
            var count: CUnsignedInt = 32
            _ = unsafe EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil)
            return digest
        }
    }
#endif

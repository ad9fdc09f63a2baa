#if TLS && canImport(COpenSSL)
    import ApusRuntime

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// `read`, which a method here has the name of.
    private let systemRead = unsafe read(_:_:_:)

    /// What a configuration is found to be while a context is made of it.
    struct TLSConfigurationAudit {
        private(set) var errors: [TLSConfigurationError] = []
        private(set) var warnings: [TLSConfigurationError] = []
        /// When the certificates must be valid, in seconds since 1970.
        let now: Int64

        /// The file that `SSLKEYLOGFILE` names.
        let keyLogPath: String?

        init(now: Int64 = TLSTime.now, keyLogPath: String? = Self.keyLogPathOfEnvironment) {
            self.now = now
            self.keyLogPath = keyLogPath
        }

        private static var keyLogPathOfEnvironment: String? {
            unsafe getenv("SSLKEYLOGFILE").map { unsafe String(cString: $0) }
        }

        mutating func reject(_ path: String, _ value: String = "", _ problem: TLSConfigurationError.Problem) {
            errors.append(TLSConfigurationError(path: path, value: value, problem: problem))
        }

        mutating func warn(_ path: String, _ value: String = "", _ problem: TLSConfigurationError.Problem) {
            warnings.append(TLSConfigurationError(path: path, value: value, problem: problem))
        }

        /// The bytes of a source; nil, and an error, when it can't be read.
        mutating func read(_ source: TLSSource, at path: String) -> [UInt8]? {
            switch source {
            case .bytes(let bytes): return bytes
            case .file(let file):
                do throws(SystemError) {
                    return try Self.contents(of: file)
                } catch {
                    reject(path, file, error.code == ENOENT ? .noSuchFile : .unreadable(error))
                    return nil
                }
            }
        }

        /// No certificate, key or list is larger; a device or the wrong file must not fill the memory.
        static let largestFile = 64 << 20

        static func contents(of path: String) throws(SystemError) -> [UInt8] {
            let file = try OpenFile(path: path)
            guard try file.size() <= largestFile else { throw SystemError(code: EFBIG, call: "read") }
            var bytes: [UInt8] = []
            while bytes.count <= largestFile {
                var got = 0
                let part = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                    got = unsafe systemRead(file.descriptor, buffer.baseAddress, buffer.count)
                    count = max(got, 0)
                }
                if got < 0 {
                    if errno == EINTR { continue }
                    throw SystemError(call: "read")
                }
                if got == 0 { break }
                bytes += part
            }
            return bytes
        }
    }
#endif

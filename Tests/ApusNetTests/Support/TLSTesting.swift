#if TLS
    import ApusRuntime

    @testable import ApusNet

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// A certificate for localhost that OpenSSL's own tool makes, once for all tests.
    struct TestCertificate: Sendable {
        let certificate: String
        let key: String

        static let shared = TestCertificate()

        private init() {
            let folder = "/tmp/apus-tls-\(getpid())"
            _ = unsafe mkdir(folder, 0o700)
            certificate = "\(folder)/certificate.pem"
            key = "\(folder)/key.pem"
            let made = Command.run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ])
            precondition(made.status == 0, "openssl req: \(made.text)")
        }

        var serverContext: TLSContext { TLSContext(certificate: certificate, key: key) }
        var clientContext: TLSContext { TLSContext() }
    }

    /// A program of the system, run to its end.
    enum Command {
        /// Its status, and what it wrote to both of its outputs.
        static func run(_ arguments: [String], input: [UInt8] = []) -> (status: CInt, output: [UInt8], text: String) {
            var ends: [CInt] = [-1, -1]
            var inputEnds: [CInt] = [-1, -1]
            guard unsafe pipe(&ends) == 0, unsafe pipe(&inputEnds) == 0 else { return (-1, [], "no pipe") }
            // A program started at the same time must not hold them.
            for end in ends + inputEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var actions = unsafe posix_spawn_file_actions_t()
            unsafe posix_spawn_file_actions_init(&actions)
            unsafe posix_spawn_file_actions_adddup2(&actions, inputEnds[0], 0)
            unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
            unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
            var list: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
            unsafe list.append(nil)
            var child: pid_t = 0
            let failure = unsafe posix_spawnp(&child, arguments[0], &actions, nil, list, environ)
            unsafe list.forEach { unsafe free($0) }
            unsafe posix_spawn_file_actions_destroy(&actions)
            _ = close(ends[1])
            _ = close(inputEnds[0])
            guard failure == 0 else {
                _ = close(ends[0])
                _ = close(inputEnds[1])
                return (-1, [], "\(arguments[0]): \(SystemError(code: failure, call: "posix_spawn"))")
            }
            if !input.isEmpty {
                _ = unsafe input.withUnsafeBytes { unsafe write(inputEnds[1], $0.baseAddress, $0.count) }
            }
            _ = close(inputEnds[1])
            var output: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let got = unsafe read(ends[0], &part, part.count)
                if got <= 0 { break }
                output += part[..<got]
            }
            _ = close(ends[0])
            var status: CInt = 0
            while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
            return (status, output, String(decoding: output, as: UTF8.self))
        }
    }
#endif

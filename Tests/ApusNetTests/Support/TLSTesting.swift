#if TLS
    import ApusRuntime

    @testable import ApusNet

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// A certificate for localhost, made once for all tests.
    struct TestCertificate: Sendable {
        let server: TLSContext
        let client: TLSContext
        /// The certificate and its key in PEM, for other programs.
        let file: TemporaryFile

        static let shared = TestCertificate()

        private init() {
            do {
                let identity = try TLSIdentity.selfSigned()
                guard case .pem(.bytes(let pem), nil) = identity.material else { preconditionFailure("not in memory") }
                file = try TemporaryFile(pem)
                server = try TLSContext(server: TLSConfiguration(identities: [identity]))
                var trusting = TLSClientConfiguration()
                trusting.trust = .pinned([server.certificates[0].fingerprint])
                client = try TLSContext(client: trusting)
            } catch {
                preconditionFailure("no test certificate: \(error)")
            }
        }

        /// TLS as our client speaks it.
        static var connecting: ConnectOptions {
            var options = ConnectOptions()
            options.tls = TLSConnecting(shared.client, serverName: "localhost")
            return options
        }
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

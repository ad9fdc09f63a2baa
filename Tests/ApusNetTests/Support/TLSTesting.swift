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
                // Kept by a constant, it is never given up.
                atexit { _ = unsafe unlink(TestCertificate.shared.file.path) }
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

    /// A program of the system, and the pipes to it. On threads of its own, for reading blocks.
    final class Program: Sendable {
        private let child: pid_t
        private let input: CInt
        private let output: CInt

        /// Starts a program with both of its outputs in one pipe.
        init(_ arguments: [String]) throws {
            var inputEnds: [CInt] = [-1, -1]
            var outputEnds: [CInt] = [-1, -1]
            guard unsafe pipe(&inputEnds) == 0, unsafe pipe(&outputEnds) == 0 else { throw SystemError(call: "pipe") }
            // A program started at the same time must not hold them.
            for end in inputEnds + outputEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            defer {
                closeDescriptor(inputEnds[0])
                closeDescriptor(outputEnds[1])
            }
            input = inputEnds[1]
            output = outputEnds[0]
            var actions = unsafe posix_spawn_file_actions_t()
            unsafe posix_spawn_file_actions_init(&actions)
            defer { unsafe posix_spawn_file_actions_destroy(&actions) }
            unsafe posix_spawn_file_actions_adddup2(&actions, inputEnds[0], 0)
            unsafe posix_spawn_file_actions_adddup2(&actions, outputEnds[1], 1)
            unsafe posix_spawn_file_actions_adddup2(&actions, outputEnds[1], 2)
            var list = unsafe arguments.map { unsafe strdup($0) }
            unsafe list.append(nil)
            defer { unsafe list.forEach { unsafe free($0) } }
            var made: pid_t = 0
            let failure = unsafe posix_spawnp(&made, arguments[0], &actions, nil, list, environ)
            guard failure == 0 else { throw SystemError(code: failure, call: "posix_spawn") }
            child = made
        }

        deinit {
            _ = kill(child, SIGKILL)
            closeDescriptor(input)
            closeDescriptor(output)
            while waitpid(child, nil, 0) < 0, errno == EINTR {}
        }

        func write(_ text: String) {
            let bytes = Array(text.utf8)
            _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(input, $0.baseAddress, $0.count) }
        }

        /// What it writes until it ends, or until it is enough.
        func read(until isEnough: (String) -> Bool = { _ in false }) -> String {
            var all: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let got = unsafe Glibc.read(output, &part, part.count)
                if got <= 0 { break }
                all += part[..<got]
                if isEnough(String(decoding: all, as: UTF8.self)) { break }
            }
            return String(decoding: all, as: UTF8.self)
        }
    }

    /// Runs a program to its end; what it wrote.
    func output(of arguments: [String], input: String = "") async throws -> String {
        try await onThread {
            let program = try Program(arguments)
            program.write(input)
            return program.read()
        }
    }

    extension StreamServer {
        /// A TLS server with the test certificate, each connection with a script of its own.
        static func secure(
            _ group: LoopGroup, _ change: (inout TLSListening) -> Void = { _ in },
            script: @escaping @Sendable (Script) -> Void
        ) throws -> StreamServer {
            var tls = TLSListening(TestCertificate.shared.server)
            change(&tls)
            return try StreamServer.listen(on: anyPort, group: group, tls: tls) { _, _ in Script(script) }
        }

        /// One that sends back what it gets.
        static func secureEcho(
            _ group: LoopGroup, _ change: (inout TLSListening) -> Void = { _ in }
        ) throws -> StreamServer {
            try secure(group, change) { script in
                script.whenReceived = { bytes, connection in
                    connection.write(bytes)
                    return bytes.byteCount
                }
            }
        }
    }

    /// Connects as our own client does.
    func secureConnection(to server: StreamServer, on loop: EventLoop) async throws -> AsyncConnection {
        try await AsyncConnection.connect(to: server.address, on: loop, options: TestCertificate.connecting)
    }
#endif

#if Redis
    import Apus
    import Glibc
    import Testing

    /// A redis-server of a test's own, on a Unix socket in a folder of its own; it ends with the test.
    final class RedisProcess {
        static let program: String? = {
            let places: [String] = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
            return places.map { $0 + "/redis-server" }.first { path in unsafe access(path, X_OK) == 0 }
        }()
        static let isInstalled = program != nil
        static let advice: Comment = "redis-server isn't installed: apt-get install redis-server"

        let folder: String
        let arguments: [String]
        private var process: pid_t = 0

        /// Where it listens.
        var host: String { "unix:\(folder)/redis.sock" }

        /// A client's configuration.
        var configuration: RedisConfiguration {
            var configuration = RedisConfiguration(host: host)
            // A busy machine is no Redis that is away.
            configuration.timeout = .seconds(10)
            configuration.firstPause = .milliseconds(2)
            configuration.longestPause = .milliseconds(20)
            return configuration
        }

        init(_ arguments: String...) throws {
            var template = Array("/tmp/apus-redis-XXXXXX".utf8CString)
            guard let made = unsafe mkdtemp(&template) else { throw Failure.folder(errno) }
            folder = unsafe String(cString: made)
            self.arguments = arguments
            try start()
        }

        enum Failure: Error { case folder(CInt), start(CInt), ended(String) }

        /// Starts the server, and returns when it accepts connections.
        func start() throws {
            var ends: [CInt] = [0, 0]
            _ = unsafe pipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var actions = unsafe posix_spawn_file_actions_t()
            unsafe posix_spawn_file_actions_init(&actions)
            unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
            defer {
                unsafe posix_spawn_file_actions_destroy(&actions)
                close(ends[0])
            }
            let all =
                [
                    Self.program!, "--port", "0", "--unixsocket", "\(folder)/redis.sock", "--dir", folder, "--save", "",
                    "--appendonly", "no", "--daemonize", "no",
                ] + arguments
            var words = unsafe all.map { unsafe strdup($0) } + [nil]
            defer { unsafe words.forEach { word in unsafe free(word) } }
            let failed = unsafe posix_spawn(&process, Self.program!, &actions, nil, &words, environ)
            close(ends[1])
            guard failed == 0 else { throw Failure.start(failed) }
            var said = ""
            var chunk = [UInt8](repeating: 0, count: 4096)
            while !said.lowercased().contains("ready to accept connections") {
                let count = unsafe read(ends[0], &chunk, chunk.count)
                guard count > 0 else { throw Failure.ended(said) }
                said += String(decoding: chunk[..<count], as: UTF8.self)
            }
        }

        /// Ends it at once, as a crash would.
        func crash() {
            guard process != 0 else { return }
            kill(process, SIGKILL)
            var status: CInt = 0
            _ = unsafe waitpid(process, &status, 0)
            process = 0
        }

        /// Has it do nothing, and keep its connections.
        func freeze() {
            kill(process, SIGSTOP)
            // The signal is sent; that it has stopped shows only here.
            var status: CInt = 0
            _ = unsafe waitpid(process, &status, WUNTRACED)
        }

        func thaw() { kill(process, SIGCONT) }

        deinit {
            if process != 0 {
                kill(process, SIGKILL)
                var status: CInt = 0
                _ = unsafe waitpid(process, &status, 0)
            }
            for name in ["redis.sock", "dump.rdb"] { _ = unsafe unlink("\(folder)/\(name)") }
            _ = unsafe rmdir(folder)
        }
    }

    /// The lines of a log, for a test that waits for one.
    struct LogLines {
        let log: Log
        private let lines: AsyncStream<String>

        init() {
            let (lines, continuation) = AsyncStream.makeStream(of: String.self)
            self.lines = lines
            log = Log(minimum: .debug) { _, text in continuation.yield(text) }
        }

        /// Waits for a line that contains `text`.
        func wait(for text: String) async {
            for await line in lines where line.contains(text) { return }
        }
    }
#endif

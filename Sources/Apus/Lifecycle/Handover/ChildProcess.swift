import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A process that this one has started, and the channel to it. Any thread.
package final class ChildProcess: Sendable {
    /// The variable by which a child finds its channel: the descriptor, and the process that started it, so that a child's
    /// child does not take it for its own.
    package static let variable = "HANDOVER_CHANNEL"

    /// Whether another process of ours has started this one, and nothing was taken over from it yet.
    package static var isChild: Bool { unsafe getenv(variable) != nil }

    /// How a process ended.
    package enum End: Equatable, Sendable, CustomStringConvertible {
        case exited(CInt)
        case signalled(CInt)
        /// The system does not tell.
        case unknown

        package var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .signalled(let number): "signal \(number) (\(Self.name(of: number)))"
            case .unknown: "an end that the system does not tell"
            }
        }

        private static func name(of number: CInt) -> String {
            let names = [
                SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGHUP: "SIGHUP", SIGILL: "SIGILL",
                SIGINT: "SIGINT", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP",
            ]
            return names[number] ?? "no common one"
        }
    }

    /// Its number.
    package let pid: Int32
    /// The end of the channel that is ours.
    package let channel: DescriptorChannel
    private let found = Lock<End?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: Its path, or a name to be looked for in PATH; nil is that of this process.
    ///   - arguments: Those behind its name; nil is those of this process.
    ///   - environment: Its variables; nil is those of this process.
    /// - Throws: Why it can't be started.
    package init(
        program: String? = nil, arguments: [String]? = nil, environment: [String: String]? = nil
    ) throws(SystemError) {
        let (own, childs) = try DescriptorChannel.pair()
        let name = program ?? CommandLine.arguments.first ?? Self.executable
        let words = [name] + (arguments ?? Array(CommandLine.arguments.dropFirst()))
        var variables = environment ?? ProcessEnvironment.variables
        variables[Self.variable] = "\(APUS_CHANNEL),\(getpid())"
        var failure = Self.spawn(name, words, variables, childs.descriptor)
        if case .failure(.init(code: ENOENT, call: "posix_spawn")) = failure, program == nil {
            failure = Self.spawn(Self.executable, words, variables, childs.descriptor)
        }
        pid = try failure.get()
        channel = own
    }

    /// Where the system says that this program is.
    private static var executable: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { target in
            let length = unsafe readlink("/proc/self/exe", target.baseAddress!, 4095)
            guard length > 0 else { return CommandLine.arguments.first ?? "" }
            unsafe target[length] = 0
            let path = unsafe String(cString: target.baseAddress!)
            let gone = " (deleted)"
            return path.hasSuffix(gone) ? String(path.dropLast(gone.count)) : path
        }
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String: String], _ channel: CInt
    ) -> Result<pid_t, SystemError> {
        var words = unsafe arguments.map { unsafe strdup($0) }
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") }
        defer {
            unsafe words.forEach { unsafe free($0) }
            unsafe variables.forEach { unsafe free($0) }
        }
        unsafe words.append(nil)
        unsafe variables.append(nil)
        var pid: pid_t = 0
        let failure = unsafe apus_spawn_errno(&pid, program, words, variables, channel)
        return failure == 0 ? .success(pid) : .failure(SystemError(code: failure, call: "posix_spawn"))
    }

    /// How it has ended; nil while it runs.
    package var end: End? { look(mayWait: false) }

    /// Waits for its end.
    package func awaitEnd() -> End { look(mayWait: true) ?? .unknown }

    /// Ends it, unless it ends by itself within a moment, and says how it ended.
    package func endNow(after patience: Duration = .milliseconds(500)) -> End {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let end { return end }
            _ = poll(nil, 0, 10)
        }
        send(SIGKILL)
        return awaitEnd()
    }

    /// Sends it a signal, unless its end is known.
    package func send(_ number: CInt) {
        found.withLock { found in if found == nil { _ = kill(pid, number) } }
    }

    private func look(mayWait: Bool) -> End? {
        if mayWait {
            // Without the lock, which others need to send signals.
            var information = unsafe siginfo_t()
            while unsafe waitid(P_PID, id_t(pid), &information, CInt(WEXITED | WNOWAIT)) < 0, errno == EINTR {}
        }
        return found.withLock { found in
            if let found { return found }
            var status: CInt = 0
            let ended = unsafe apus_wait_errno(pid, &status, false)
            guard ended != 0 else { return nil }
            let code = apus_exit_code(status)
            let number = apus_exit_signal(status)
            found = ended < 0 ? .unknown : code >= 0 ? .exited(code) : number >= 0 ? .signalled(number) : .unknown
            return found
        }
    }
}

import Apus
import ApusArguments
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `apus restart`. What becomes of the signal it sees in what Linux tells of processes: a server that has handed over does
/// not listen any more, and one whose new process is gone, and which listens, has failed to.
enum RestartCommand {
    /// - Returns: What to print.
    static func run(_ options: RestartOptions) throws -> String {
        let server = ObservedProcess(options.process)
        guard server.isAlive else {
            throw RestartError(
                "there is no process \(options.process): name one that serves, such as `pgrep apus` shows")
        }
        let sockets = server.listeningSockets
        guard !sockets.isEmpty else {
            throw RestartError("process \(options.process) listens nowhere, or is another user's: name one that serves")
        }
        let before = server.children
        guard kill(options.process, SIGUSR2) == 0 else {
            throw RestartError("process \(options.process) can't be sent a signal: \(SystemError(call: "kill"))")
        }
        let deadline = ContinuousClock.now + options.wait
        var seen: Set<Int32> = []
        while ContinuousClock.now < deadline {
            let fresh = server.children.subtracting(before)
            seen.formUnion(fresh)
            if before.isEmpty {
                if !server.isAlive || !server.listens {
                    // It may have come between two looks at who the children are; the sockets tell who has them now.
                    let successors = ObservedProcess.all.filter { other in
                        other.pid != options.process && !other.sockets.isDisjoint(with: sockets)
                    }
                    guard !successors.isEmpty else {
                        throw RestartError(
                            "process \(options.process) has stopped, and no other serves: its log says why")
                    }
                    return "process \(list(Set(successors.map(\.pid)))) serves; \(options.process) drains, or has ended"
                }
            } else if !seen.isEmpty, before.isDisjoint(with: server.children.filter { ObservedProcess($0).listens }) {
                // The last may have come since the look above.
                return "the workers of \(options.process) are \(list(server.children.subtracting(before))) now"
            }
            if !seen.isEmpty, fresh.isEmpty, server.listens {
                throw RestartError("the new process has ended, and \(options.process) serves on: its log says why")
            }
            usleep(5000)
        }
        throw RestartError(
            "nothing has become of it within \(options.wait): \(options.process) serves on, and its log says why")
    }

    private static func list(_ processes: Set<Int32>) -> String {
        processes.sorted().map(String.init).joined(separator: ", ")
    }
}

/// Why a restart has failed.
struct RestartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

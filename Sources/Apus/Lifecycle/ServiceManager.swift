import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// systemd, when it has started this process and wants to know how it fares (`Type=notify`, sd_notify(3)). Any thread.
package struct ServiceManager: Sendable {
    package enum News: Sendable {
        case ready
        case reloading
        case stopping
        /// Another process has taken over.
        case mainProcess(Int32)
        case alive

        var text: String {
            switch self {
            case .ready: "READY=1"
            // Type=notify-reload wants to know since when, in microseconds.
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(apus_monotonic_nanoseconds() / 1000)"
            case .stopping: "STOPPING=1"
            case .mainProcess(let pid): "MAINPID=\(pid)"
            case .alive: "WATCHDOG=1"
            }
        }
    }

    private let place: String?
    /// How often it wants to hear from this process; nil is never.
    package let interval: Duration?

    package init() { self.init(ProcessEnvironment.variables) }

    init(_ variables: [String: String]) {
        let place = variables["NOTIFY_SOCKET"] ?? ""
        self.place = place.hasPrefix("/") || place.hasPrefix("@") ? place : nil
        // The variables of a watchdog may be meant for another process; one that takes over has them all the same.
        interval = Int(variables["WATCHDOG_USEC"] ?? "").flatMap { $0 > 0 ? .microseconds($0) / 2 : nil }
    }

    /// Tells it; nobody is there as a rule, and what can't be told is no harm.
    package func tell(_ news: News) {
        guard let place else { return }
        _ = unsafe apus_tell_service_manager_errno(place, news.text)
    }

    /// Tells it in time that all loops turn: one that hangs has the process started anew.
    func watch(_ group: LoopGroup) {
        guard place != nil, let interval else { return }
        Self.ask(group.loops[...]) { [self] loop in again(on: loop, group.loops, interval) }
    }

    private func again(on loop: EventLoop, _ loops: [EventLoop], _ interval: Duration) {
        tell(.alive)
        loop.schedule(after: interval) { [self] _ in
            Self.ask(loops[...]) { loop in again(on: loop, loops, interval) }
        }
    }

    /// Goes from loop to loop, and then does `work` on the last.
    private static func ask(_ loops: ArraySlice<EventLoop>, _ work: @escaping @Sendable (EventLoop) -> Void) {
        guard let loop = loops.first else { return }
        loop.execute { loop in
            if loops.count == 1 { work(loop) } else { ask(loops.dropFirst(), work) }
        }
    }
}

/// What an operator may ask for; `auto` leaves it to the system.
public enum DriverChoice: String, Sendable, CaseIterable {
    /// epoll on Linux, kqueue on Darwin and the BSDs.
    case auto
    case epoll
    case uring
    case kqueue

    /// The driver that this machine can give; one line to the log when it is not the one asked for.
    func resolved(log: Log) -> DriverKind {
        #if os(Linux)
            switch self {
            case .auto, .epoll: return .epoll
            case .uring, .kqueue:
                log(.warning, "the driver \(rawValue) is not available here: using epoll")
                return .epoll
            }
        #else
            if self != .auto, self != .kqueue {
                log(.warning, "the driver \(rawValue) is not available here: using kqueue")
            }
            return .kqueue
        #endif
    }
}

/// The driver of this kind for a loop.
func makeDriver(_ kind: DriverKind, for loop: EventLoop) throws(SystemError) -> any Driver {
    #if os(Linux)
        return try EpollDriver(loop: loop)
    #else
        return try KqueueDriver(loop: loop)
    #endif
}

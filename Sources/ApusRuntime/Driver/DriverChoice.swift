/// What an operator may ask for; `auto` leaves it to the system.
public enum DriverChoice: String, Sendable, CaseIterable {
    /// epoll on Linux, kqueue on Darwin and the BSDs.
    case auto
    case epoll
    case uring
    case kqueue
}

/// The driver of this kind for a loop.
func makeDriver(_ kind: DriverKind, for loop: EventLoop) throws(SystemError) -> any Driver {
    #if os(Linux)
        return try EpollDriver(loop: loop)
    #else
        return try KqueueDriver(loop: loop)
    #endif
}

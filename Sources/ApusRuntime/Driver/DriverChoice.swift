/// What an operator may ask for; `auto` leaves it to the system.
public enum DriverChoice: String, Sendable, CaseIterable {
    /// epoll on Linux, kqueue on Darwin and the BSDs.
    case auto
    /// epoll; Linux.
    case epoll
    /// io_uring; Linux 6.0 or newer, in a build with the trait `URing`.
    case uring
    /// kqueue; Darwin and the BSDs.
    case kqueue

    /// The driver that `auto` stands for.
    static var ofSystem: DriverKind { Poller.kind }

    /// The driver that this machine can give; one line to the log when it is not the one asked for, with the reason
    /// and what to do.
    func resolved(log: Log) -> DriverKind {
        guard let wanted = DriverKind(rawValue: rawValue), wanted != Self.ofSystem else { return Self.ofSystem }
        guard let obstacle = wanted.obstacle else { return wanted }
        log(.warning, "the driver \(rawValue) can't be used, \(Self.ofSystem.rawValue) is instead: \(obstacle)")
        return Self.ofSystem
    }
}

extension DriverKind {
    /// What keeps this machine from using the driver; nil when nothing does.
    var obstacle: String? {
        if self == DriverChoice.ofSystem { return nil }
        switch self {
        case .epoll: return "it is Linux's"
        case .kqueue: return "it is Darwin's and the BSDs'"
        case .uring: return UringSupport.obstacle()
        }
    }
}

/// A driver of this kind, to be attached to its loop.
func makeDriver(_ kind: DriverKind) throws(SystemError) -> any Driver {
    #if URing && canImport(CURing)
        if kind == .uring { return try UringDriver() }
    #endif
    return try ReadinessDriver()
}

import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps a listener alive when the process runs out of descriptors: a descriptor kept in reserve is closed, and the
/// waiting connections are accepted with it and closed at once, so that their peers learn of it and the backlog
/// doesn't wake the loop for ever.
struct Shedder: ~Copyable {
    /// Connections shed in one go.
    private static let most = 64
    /// While failures go on, the log is told once in so many milliseconds.
    private static let quietMilliseconds: UInt64 = 60_000

    private var reserve = apus_open_null()
    private var nextLog: UInt64 = 0

    /// Tells the log of the first failure of a row.
    mutating func note(_ error: SystemError, on loop: EventLoop) {
        defer { nextLog = loop.tick + Self.quietMilliseconds }
        guard loop.tick >= nextLog else { return }
        loop.log(
            .error,
            "accept: \(error.reason): "
                + (Self.isOutOfDescriptors(error)
                    ? "new connections are closed at once until others end; raise the limit of open files (ulimit -n)"
                    : "accepting pauses and is tried again"))
    }

    /// True when at least one connection was shed; false when there is nothing to do but to wait.
    mutating func shed(_ error: SystemError, from listener: CInt) -> Bool {
        guard Self.isOutOfDescriptors(error) else { return false }
        close()
        var shed = 0
        while shed < Self.most {
            let peer = apus_accept_errno(listener, nil, nil)
            guard peer >= 0 else { break }
            closeDescriptor(peer)
            shed += 1
        }
        reserve = apus_open_null()
        return shed > 0
    }

    private static func isOutOfDescriptors(_ error: SystemError) -> Bool {
        error.code == EMFILE || error.code == ENFILE
    }

    /// Gives the reserve back.
    mutating func close() {
        if reserve >= 0 { closeDescriptor(reserve) }
        reserve = -1
    }
}

import ApusRuntime
import Dispatch
import Glibc

/// Holds the thread of whoever comes until it is released; half a minute at most.
final class LoopHold: Sendable {
    let loop = Lock<Int?>(nil)
    private let arrival = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)

    func hold() {
        arrival.signal()
        _ = end.wait(timeout: .now() + .seconds(30))
    }

    func release() { end.signal() }

    /// The loop that is held; −1 when nobody came.
    func waitUntilHeld() -> Int {
        guard arrival.wait(timeout: .now() + .seconds(30)) == .success else { return -1 }
        return loop.withLock { $0 } ?? -1
    }
}

extension RawClient {
    /// Whether anything comes within a time.
    func answers(within time: Duration) -> Bool {
        var poller = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&poller, 1, CInt(time / .milliseconds(1))) > 0
    }
}

import Glibc
import Synchronization

/// Holds the thread of whoever comes until it is released.
final class LoopHold: Sendable {
    let loop = Mutex<Int?>(nil)
    private let isOpen = Atomic<Bool>(false)

    func hold() {
        let deadline = ContinuousClock.now + .seconds(30)
        while !isOpen.load(ordering: .acquiring), ContinuousClock.now < deadline { usleep(500) }
    }

    func release() { isOpen.store(true, ordering: .releasing) }

    /// The loop that is held.
    func waitUntilHeld() -> Int {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let held = loop.withLock({ $0 }) { return held }
            usleep(500)
        }
        return -1
    }
}

extension RawClient {
    /// Whether anything comes within a time.
    func answers(within time: Duration) -> Bool {
        var poller = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&poller, 1, CInt(time / .milliseconds(1))) > 0
    }
}

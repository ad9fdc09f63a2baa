/// How long a client takes to send its content, in the loop's milliseconds: it has a time for all of it, and what came
/// earns it more. While it may not send, because its handler does not read, its time stands still.
struct ContentClock {
    /// When the content was first waited for, moved on by the time that did not count; 0 before.
    private(set) var began: UInt64 = 0
    /// Bytes that came.
    var received: Int64 = 0
    /// Since when the client may not send; 0 while it may.
    private var heldSince: UInt64 = 0

    /// Whether content was waited for at all.
    var hasBegun: Bool { began != 0 }

    /// Whether the client waits for its handler.
    var isHeld: Bool { heldSince != 0 }

    mutating func begin(at now: UInt64) { began = now }

    /// The client may not send.
    mutating func hold(at now: UInt64) { if hasBegun, heldSince == 0 { heldSince = max(1, now) } }

    /// It may again.
    mutating func resume(at now: UInt64) {
        guard heldSince != 0 else { return }
        began += now - heldSince
        heldSince = 0
    }

    /// When the slowest client that is borne would have sent the next byte.
    ///
    /// - Parameters:
    ///   - time: The milliseconds for all of it.
    ///   - rate: The bytes that earn it a second more.
    func due(_ time: UInt64, minimumRate rate: Int) -> UInt64 {
        began + time + UInt64(received) * 1000 / UInt64(max(1, rate))
    }
}

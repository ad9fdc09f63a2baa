/// How long a client takes to send its content, in the loop's milliseconds: it may be behind the slowest that is borne by a
/// certain time, and what came earns it more, but never more than has passed: a client that was fast can't stop for as long.
/// While it may not send, because its handler does not read, its time stands still.
struct ContentClock {
    /// How slow is borne.
    struct Pace {
        /// How far behind a client may be, in milliseconds.
        let time: UInt64
        /// Bytes a second.
        let minimumRate: Int

        /// The bytes a second of a client for which `held` bytes are held: as many as would have brought these within ten
        /// times the time.
        func rate(holding held: Int) -> UInt64 {
            max(UInt64(max(1, minimumRate)), UInt64(held) * 100 / max(1, time))
        }
    }

    /// When the content was first waited for, moved on by the time that did not count; 0 before.
    private(set) var began: UInt64 = 0
    /// Bytes that came.
    private(set) var received: Int64 = 0
    /// What they have earned, in microseconds.
    private var earned: UInt64 = 0
    /// Since when the client may not send; 0 while it may.
    private var heldSince: UInt64 = 0

    /// Whether content was waited for at all.
    var hasBegun: Bool { began != 0 }

    /// Whether the client waits for its handler.
    var isHeld: Bool { heldSince != 0 }

    mutating func begin(at now: UInt64) { began = now }

    /// Content has come.
    ///
    /// - Parameters:
    ///   - held: The bytes of it that are held for a handler which wants all of it.
    ///   - now: The time.
    mutating func receive(_ count: Int, holding held: Int, at now: UInt64, _ pace: Pace) {
        received += Int64(count)
        let passed = (isHeld ? heldSince : max(now, began)) - began
        earned = min(earned + UInt64(count) * 1_000_000 / pace.rate(holding: held), passed * 1000)
    }

    /// The client may not send.
    mutating func hold(at now: UInt64) { if hasBegun, heldSince == 0 { heldSince = max(1, now) } }

    /// It may again.
    mutating func resume(at now: UInt64) {
        guard heldSince != 0 else { return }
        began += now - heldSince
        heldSince = 0
    }

    /// When the slowest client that is borne would have sent the next byte.
    func due(_ pace: Pace) -> UInt64 { began + pace.time + earned / 1000 }
}

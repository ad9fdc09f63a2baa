import ApusHTTP
import ApusRuntime

/// How long nothing has gone through a tunnel. Its connection's timer only looks; whoever has bytes go through notes when.
struct TunnelIdleness {
    /// The tunnel's own time in milliseconds; nil is the server's.
    private let own: UInt64?
    /// When bytes went through last, in the loop's milliseconds.
    private var since: UInt64

    /// The longest time until a look, in milliseconds: twelve days.
    private static let farthest: UInt64 = 1 << 30

    /// What a tunnel's reader is told then.
    static let refusal = HTTPError(.requestTimeout, "nothing went through the tunnel for too long")

    /// The time begins when the tunnel opens.
    init(_ tunnel: Tunnel, at now: UInt64) {
        own = tunnel.idleTimeout.map { $0.clampedNanoseconds / 1_000_000 }
        since = now
    }

    /// Bytes went through.
    @inline(__always)
    mutating func noteBytes(at now: UInt64) { since = now }

    /// In how many milliseconds, at least one, to look again; nil when nothing went through for too long.
    ///
    /// - Parameters:
    ///   - now: The loop's milliseconds.
    ///   - standard: The server's limit in milliseconds.
    func rest(at now: UInt64, _ standard: UInt64) -> UInt64? {
        let limit = own ?? standard
        let passed = now &- since
        return passed < limit ? min(limit - passed, Self.farthest) : nil
    }
}

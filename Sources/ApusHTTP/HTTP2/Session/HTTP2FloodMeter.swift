/// Counts what a peer may do only so often: one number for each kind, and no clock.
///
/// A token bucket, kept as the time at which it will be full again (the "generic cell rate algorithm" of ITU-T I.371):
/// an event moves that time by what one token takes to come back, and is one too many when it would lie further ahead
/// than a whole bucket takes.
///
/// ```swift
/// guard meter.allows(.ping, limits: limits, at: now) else { throw HTTP2Error(.flood) }
/// ```
public struct HTTP2FloodMeter: Sendable {
    /// When the bucket of each kind is full, in microseconds of the caller's clock.
    private var full = InlineArray<10, UInt64>(repeating: 0)

    /// A meter whose buckets are full.
    public init() {}

    /// Notes an event and says whether it is still within the limit. One that is not takes nothing.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - cost: How many tokens it takes, 1 or more.
    ///   - limits: The limits.
    ///   - now: Milliseconds of a clock that does not go back, from any beginning.
    /// - Returns: false when the connection must end.
    public mutating func allows(
        _ kind: HTTP2FloodKind, cost: Int = 1, limits: HTTP2Limits, at now: UInt64
    ) -> Bool {
        let rate = limits.rate(of: kind)
        let token = 1_000_000 / UInt64(rate.perSecond)
        let now = now &* 1000
        let next = max(full[Int(kind.rawValue)], now) &+ token &* UInt64(cost)
        guard next &- now <= token &* UInt64(rate.burst) else { return false }
        full[Int(kind.rawValue)] = next
        return true
    }

    /// Gives one token back, for something good that the peer has done.
    @inline(__always)
    public mutating func forgive(_ kind: HTTP2FloodKind, limits: HTTP2Limits, at now: UInt64) {
        let index = Int(kind.rawValue)
        // Nearly always the bucket is full.
        guard full[index] > now &* 1000 else { return }
        full[index] &-= min(full[index], 1_000_000 / UInt64(limits.rate(of: kind).perSecond))
    }
}

/// Watches that a peer which has opened a window too little opens it at all: how long something has waited, and what
/// went through meanwhile.
///
/// ```swift
/// watch.waits(at: now)  // nothing can be sent: the window is shut
/// watch.sent(count, limits: limits, at: now)  // something was
/// if watch.isStalled(limits, at: now) { close() }  // asked by a timer
/// ```
@frozen public struct HTTP2StallWatch: Sendable, Equatable {
    /// When the time began, in milliseconds of the caller's clock; nil while nothing waits.
    @usableFromInline var since: UInt64?
    /// What went through since then.
    @usableFromInline var octets = 0

    /// A watch of what does not wait.
    @inlinable public init() {}

    /// Notes that something waits for a window at `now`.
    @inlinable public mutating func waits(at now: UInt64) {
        if since == nil {
            since = now
            octets = 0
        }
    }

    /// Notes that nothing waits any more.
    @inlinable public mutating func ends() { since = nil }

    /// Whether something waits.
    @inlinable public var isWaiting: Bool { since != nil }

    /// Notes that `count` octets were sent; enough of them begin the time anew.
    @inlinable public mutating func sent(_ count: Int, limits: HTTP2Limits, at now: UInt64) {
        guard since != nil else { return }
        octets &+= count
        if octets >= limits.windowStallOctets {
            since = now
            octets = 0
        }
    }

    /// Whether the peer has let too little through for longer than ``HTTP2Limits/windowStall``.
    public func isStalled(_ limits: HTTP2Limits, at now: UInt64) -> Bool {
        guard let since, now > since else { return false }
        return Duration.milliseconds(Int64(clamping: now &- since)) >= limits.windowStall
    }
}

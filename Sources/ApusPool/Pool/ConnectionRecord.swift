/// Who a connection is among those of its pool; never the same for two of them that live at one time, nor for the next
/// 2³¹ in its place.
public struct ConnectionID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The lane in the high 8 bits, 24 of the place in it, and 32 of the generation.
    public let rawValue: UInt64

    /// The ID that was told as a number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    init(lane: Int, index: Int, generation: UInt32) {
        rawValue = UInt64(lane) << 56 | UInt64(index) << 32 | UInt64(generation)
    }

    var lane: Int { Int(rawValue >> 56) }
    var index: Int { Int(rawValue >> 32 & 0xFF_FFFF) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    /// The number in hexadecimal.
    public var description: String { String(rawValue, radix: 16) }

    /// The ID of such a text; nil when it is none.
    public init?(_ description: some StringProtocol) {
        guard let rawValue = UInt64(description, radix: 16) else { return nil }
        self.rawValue = rawValue
    }
}

/// What is known of one connection, at one moment.
public struct ConnectionRecord: Sendable, Hashable, Codable {
    /// What it is doing.
    public enum State: String, Sendable, Hashable, Codable {
        /// It has no request in hand.
        case idle
        /// It has one, or several.
        case active
        /// It ends when those are answered.
        case draining
    }

    /// How its last requests went.
    public enum Condition: String, Sendable, Hashable, Codable {
        /// The last one went well.
        case sound
        /// The last one failed, or the last two.
        case suspect
        /// The last three failed, or more.
        case failing
    }

    /// Who it is.
    public let id: ConnectionID
    /// What its owner calls it: on a loop, its endpoint.
    public let handle: UInt64
    /// The place of the listener that accepted it; 0 for an outgoing one.
    public let listener: UInt8
    /// The place of its loop in the group; nil when it belongs to none.
    public let loop: Int?
    /// What it is doing.
    public let state: State
    /// How its last requests went.
    public let condition: Condition
    /// How old it is.
    public let age: Duration
    /// How long nothing was counted of it.
    public let quiet: Duration
    /// Requests that were served on it, those in hand not among them.
    public let requests: Int
    /// Requests in hand.
    public let inFlight: Int
    /// Requests that failed by our fault.
    public let failures: Int
    /// Bytes that it received, as far as its owner counts them.
    public let received: Int
    /// Bytes that it sent, as far as its owner counts them.
    public let sent: Int
}

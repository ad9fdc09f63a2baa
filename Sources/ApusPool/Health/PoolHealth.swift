/// How well a pool serves, and why.
public struct PoolHealth: Sendable, Hashable, Codable, CustomStringConvertible {
    /// How well, best first.
    public enum Level: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
        /// All is well.
        case healthy
        /// It serves, but somebody should look.
        case degraded
        /// It turns clients away, or is about to.
        case overloaded
        /// It serves nobody.
        case unavailable

        private var rank: Int {
            switch self {
            case .healthy: 0
            case .degraded: 1
            case .overloaded: 2
            case .unavailable: 3
            }
        }

        /// Whether the first is better than the second.
        public static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }
    }

    /// How well.
    public let level: Level
    /// Why, in words for an operator; empty when all is well.
    public let reason: String

    /// A state with its reason.
    ///
    /// - Parameters:
    ///   - level: How well.
    ///   - reason: Why.
    public init(_ level: Level, _ reason: String = "") {
        self.level = level
        self.reason = reason
    }

    /// All is well.
    public static let healthy = PoolHealth(.healthy)

    /// The level and the reason.
    public var description: String { reason.isEmpty ? level.rawValue : "\(level.rawValue): \(reason)" }
}

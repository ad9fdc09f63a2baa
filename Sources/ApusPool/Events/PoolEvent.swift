/// Something that happened in a pool.
public struct PoolEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// A connection came.
        case added(ConnectionID)
        /// A connection went.
        case removed(ConnectionID, RemovalReason)
        /// Something took too long; nil is of no connection yet.
        case timedOut(TimeoutKind, ConnectionID?)
        /// A connection failed, or the attempt at one.
        case failed(ConnectionID?, String)
        /// Somebody was turned away; told at most once a second.
        case limitReached(RejectionCause)
        /// The pool is better or worse than before.
        case healthChanged(from: PoolHealth, to: PoolHealth)
        /// Settings were changed: their paths.
        case configurationChanged([String])
        /// A step of something that takes its time, as a drain: which, and how many connections are left.
        case progress(step: String, remaining: Int)
    }

    /// Its number among the events of the registry or the pool, from 1. Those that nobody listened to have none.
    public let number: UInt64
    /// When it happened, of the system's clock that never goes back.
    public let instant: ContinuousClock.Instant
    /// The pool's name; that of the registry's owner for what concerns no pool.
    public let pool: String
    /// What happened.
    public let kind: Kind
    /// What the owner of the connection that it is about calls that one: on a loop, its endpoint.
    public let handle: UInt64?
    /// The place of that connection's loop in the group; nil when it belongs to none.
    public let loop: Int?

    /// The name of what happened: `added`, `healthChanged` and so on.
    public var name: String {
        switch kind {
        case .added: "added"
        case .removed: "removed"
        case .timedOut: "timedOut"
        case .failed: "failed"
        case .limitReached: "limitReached"
        case .healthChanged: "healthChanged"
        case .configurationChanged: "configurationChanged"
        case .progress: "progress"
        }
    }

    /// The connection that it is about.
    public var connection: ConnectionID? {
        switch kind {
        case .added(let id), .removed(let id, _): id
        case .timedOut(_, let id), .failed(let id, _): id
        default: nil
        }
    }

    /// What there is to say beyond name and connection, in words; may be empty.
    public var detail: String {
        switch kind {
        case .added: ""
        case .removed(_, let reason): "\(reason)"
        case .timedOut(let kind, _): "\(kind)"
        case .failed(_, let reason): reason
        case .limitReached(let cause): "\(cause)"
        case .healthChanged(let old, let new): "\(old.level.rawValue) → \(new)"
        case .configurationChanged(let paths): paths.joined(separator: ", ")
        case .progress(let step, let remaining): "\(step), \(remaining) left"
        }
    }
}

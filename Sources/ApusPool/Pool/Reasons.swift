/// Why a connection left its pool.
public enum RemovalReason: UInt8, Sendable, Hashable, Codable, CaseIterable, CustomStringConvertible {
    /// The peer has ended it.
    case closedByPeer
    /// It was done: all was answered, and it was not to be kept.
    case completed
    /// It was without a request for too long.
    case idle
    /// Another time limit: see ``TimeoutKind``.
    case timedOut
    /// It had served as many requests, or was as old, as one may.
    case retired
    /// It failed: a reset while a request was in hand, or a violation of the protocol.
    case failed
    /// It was found unfit when it was looked at.
    case invalid
    /// It speaks another protocol from now on, and is in that one's pool.
    case moved
    /// The pool or the server ends, and it was ended in order.
    case drained
    /// It was cut: the time for ending in order was over, or somebody asked for it.
    case cut

    /// The name of the case.
    public var description: String { "\(name)" }

    private var name: StaticString {
        switch self {
        case .closedByPeer: "closedByPeer"
        case .completed: "completed"
        case .idle: "idle"
        case .timedOut: "timedOut"
        case .retired: "retired"
        case .failed: "failed"
        case .invalid: "invalid"
        case .moved: "moved"
        case .drained: "drained"
        case .cut: "cut"
        }
    }
}

/// Why a connection was not let into a pool.
public enum RejectionCause: UInt8, Sendable, Hashable, Codable, CaseIterable, CustomStringConvertible {
    /// There are as many as there may be.
    case limit
    /// Its client has as many as it may.
    case address
    /// As many wait for a place as may.
    case queueFull
    /// No place was free in time.
    case late
    /// Who asked has gone away.
    case cancelled
    /// The pool is closed, or drains.
    case closed
    /// Load was shed, by priority.
    case shed

    /// The name of the case.
    public var description: String {
        switch self {
        case .limit: "limit"
        case .address: "address"
        case .queueFull: "queueFull"
        case .late: "late"
        case .cancelled: "cancelled"
        case .closed: "closed"
        case .shed: "shed"
        }
    }
}

/// What took longer than it may.
public enum TimeoutKind: UInt8, Sendable, Hashable, Codable, CaseIterable, CustomStringConvertible {
    /// Getting connected.
    case connect
    /// The TLS handshake.
    case handshake
    /// A request's head.
    case head
    /// A request's content.
    case body
    /// An answer.
    case request
    /// Quiet between requests.
    case idle
    /// A peer that does not read.
    case writeStall
    /// The answer to a ping.
    case pong
    /// Waiting for a place in a pool.
    case place

    /// The name of the case.
    public var description: String {
        switch self {
        case .connect: "connect"
        case .handshake: "handshake"
        case .head: "head"
        case .body: "body"
        case .request: "request"
        case .idle: "idle"
        case .writeStall: "writeStall"
        case .pong: "pong"
        case .place: "place"
        }
    }
}

/// Why a pool gave no connection.
public struct PoolError: Error, Hashable, CustomStringConvertible {
    /// The cause, as the pool counts it.
    public let cause: RejectionCause
    /// The pool's name.
    public let pool: String

    /// An error of a pool.
    ///
    /// - Parameters:
    ///   - cause: The cause.
    ///   - pool: The pool's name.
    public init(_ cause: RejectionCause, pool: String) {
        self.cause = cause
        self.pool = pool
    }

    /// What an operator can do.
    public var description: String {
        switch cause {
        case .limit: "pool \(pool) has as many connections as it may: raise its limit, or let more wait (queue)"
        case .address: "pool \(pool) has as many connections of this address as it may"
        case .queueFull: "as many wait for a connection of pool \(pool) as may: raise its limit or its queue"
        case .late: "no connection of pool \(pool) was free in time: raise its limit or its patience"
        case .cancelled: "who waited for a connection of pool \(pool) was cancelled"
        case .closed: "pool \(pool) is closed"
        case .shed: "pool \(pool) sheds load: try again later"
        }
    }
}

import ApusDashboard
import ApusNet
import ApusRuntime

/// How many connections speak what, and do what.
struct ConnectionCensus: Sendable {
    private static let width = ConnectionActivity.allCases.count
    /// Names of other protocols that are told apart; who finds them all taken is called as the kind is.
    private static let mostNames = 16
    private var counts = [Int](repeating: 0, count: ConnectionKind.allCases.count * width)
    private var others: [String: [Int]] = [:]

    mutating func count(_ sight: ConnectionSight) {
        if sight.kind == .other {
            add(sight.protocolName, [(sight.activity, 1)])
        } else {
            counts[Int(sight.kind.rawValue) * Self.width + Int(sight.activity.rawValue)] += 1
        }
    }

    /// Counts some of a protocol that has a name of its own.
    mutating func add(_ name: String, _ more: some Sequence<(ConnectionActivity, Int)>) {
        let name = others[name] != nil || others.count < Self.mostNames ? name : ConnectionKind.other.name
        for (activity, count) in more {
            others[name, default: Array(repeating: 0, count: Self.width)][Int(activity.rawValue)] += count
        }
    }

    /// All there are, by the names of what they speak and do; none of which there are none.
    var groups: [DashboardSample.Connections.Group] {
        let known = ConnectionKind.allCases.map { kind in
            (kind.name, Array(counts[Int(kind.rawValue) * Self.width..<(Int(kind.rawValue) + 1) * Self.width]))
        }
        return (known + others.ordered { $0.key < $1.key }.map { ($0.key, $0.value) }).flatMap { name, counts in
            zip(ConnectionActivity.allCases, counts).filter { $1 > 0 }.map { activity, count in
                var group = DashboardSample.Connections.Group.blank
                group.kind = name
                group.activity = activity.name
                group.count = count
                return group
            }
        }
    }

    var total: Int { counts.reduce(0, +) + others.values.reduce(0) { $0 + $1.reduce(0, +) } }

    static func += (left: inout Self, right: Self) {
        for index in left.counts.indices { left.counts[index] += right.counts[index] }
        for (name, counts) in right.others { left.add(name, zip(ConnectionActivity.allCases, counts)) }
    }
}

/// A connection as somebody sees it who walks by. On its loop.
struct ConnectionSight {
    let connection: Connection
    let kind: ConnectionKind
    /// What is spoken, as people read it.
    let protocolName: String
    let activity: ConnectionActivity
    let requests: Int
    /// When it began, and when it was last at work, in the loop's milliseconds; 0 is unknown.
    let began: UInt64
    let active: UInt64
    /// The place of its listener among those of the application; nil is unknown.
    let listener: UInt8?
    /// Whether a listener has accepted it; those that this side has made are not the server's.
    let isServed: Bool

    /// Nil for an endpoint that is no connection.
    init?(_ endpoint: Endpoint) {
        guard let connection = endpoint as? Connection, connection.isOpen else { return nil }
        self.connection = connection
        let now = connection.loop.tick
        isServed = connection.isAccepted
        var ownName = connection.handler?.protocolName
        switch connection.handler {
        case let http as HTTP1Connection:
            // A tunnel is spoken through as was asked for, by a name that a route knows.
            ownName = http.phase == .tunnel ? http.context?.connectProtocol?.lowercased() ?? "CONNECT" : nil
            kind = ownName != nil ? .other : connection.isSecure ? .http1TLS : .http1
            activity =
                switch http.phase {
                case .head: !http.isInHead || http.requests == 0 && connection.keptCount == 0 ? .idle : .receiving
                case .content: .receiving
                case .answering, .tunnel, .handedOver: .answering
                case .closing: .closing
                }
            requests = Int(http.requests)
            // Whole seconds, to fit where there is room.
            began = min(UInt64(http.began) * 1000, now)
            active = http.stamp
            listener = http.listener
        case let http as HTTP2Connection:
            kind = connection.isSecure ? .http2TLS : .http2
            activity =
                switch http.phase {
                case .closing: .closing
                default: http.streams.isEmpty ? .idle : .answering
                }
            requests = http.requests
            began = http.timing.began
            active = http.timing.heard
            listener = http.listener
        default:
            requests = 0
            began = 0
            active = 0
            listener = nil
            #if TLS
                kind = connection.isHandshaking ? .handshake : .other
            #else
                kind = .other
            #endif
            activity = kind == .handshake || connection.queuedCount > 0 ? .answering : .idle
        }
        protocolName = kind == .other ? ownName ?? kind.name : kind.name
    }

    /// What is being answered, as `GET /users/7`; nil when nothing is, or several requests are.
    var request: String? {
        let context: Context?
        switch connection.handler {
        case let http as HTTP1Connection: context = http.context
        case let http as HTTP2Connection:
            var only: Context?
            var count = 0
            http.forEachExchange { exchange in
                count += 1
                only = exchange.context
            }
            if count > 1 { return "\(count) requests" }
            context = only
        default: context = nil
        }
        guard let context, context.account.status == 0 || context.stream != nil else { return nil }
        return "\(context.method.rawValue) \(String(context.path.prefix(200)))"
    }
}

import ApusConfiguration
import ApusPool

/// The settings of a pool as they are written and shown in JSON: in the form that a file has.
extension PoolConfiguration {
    /// Those of a pool that speaks a protocol; what a program's own protocol has is for the program to change.
    static func schema(_ policy: ConnectionPolicy) -> ConfigurationSchema<PoolConfiguration> {
        ConfigurationSchema(PoolConfiguration(policy)) {
            $0.value(
                "limit", \.limit, .integer(1...PoolConfiguration.mostConnections), orNull: "unlimited", live: true,
                "The most connections")
            $0.value("queue", \.queue, .integer(0...1_000_000), live: true, "The most that wait for a place")
            $0.value(
                "patience", \.patience, .duration(.zero ... .seconds(3600)), live: true, "How long one waits at most")
            $0.value(
                "idleTimeout", \.idleTimeout, .duration(.milliseconds(1) ... .seconds(86400)), orNull: "never",
                live: true, "When a connection without a request is closed")
            $0.value(
                "maximumAge", \.maximumAge, .duration(.seconds(1) ... .seconds(31_536_000)), orNull: "never",
                live: true, "How old a connection becomes")
            $0.value(
                "requestsPerConnection", \.requestsPerConnection, .integer(1...(1 << 40)), orNull: "unlimited",
                live: true, "Requests on one connection")
            $0.section("health", \.health, HealthThresholds.schema)
            switch policy {
            case .http, .https, .custom: break
            case .http2:
                $0.section(
                    "policy", \.self,
                    ConfigurationSchema(PoolConfiguration(policy)) {
                        $0.section("http2", \.http2, HTTP2Policy.schema)
                    })
            case .grpc:
                $0.section(
                    "policy", \.self,
                    ConfigurationSchema(PoolConfiguration(policy)) { $0.section("grpc", \.grpc, GRPCPolicy.schema) })
            case .webSocket:
                $0.section(
                    "policy", \.self,
                    ConfigurationSchema(PoolConfiguration(policy)) {
                        $0.section("websocket", \.webSocket, WebSocketPolicy.schema)
                    })
            }
        }
    }

    /// All of them with their values. Those of a program's own protocol are text.
    var entries: [ConfigurationEntry] {
        var entries = Self.schema(policy).entries(of: self, at: "")
        if case .custom = policy {
            entries += policy.settings.map {
                ConfigurationEntry(path: "policy.\(policy.name).\($0.name)", value: .text($0.value))
            }
        }
        return entries
    }

    /// The paths of the settings that are other ones than they were.
    func changes(since old: PoolConfiguration) -> [String] {
        let before = Dictionary(old.entries.map { ($0.path, $0.value) }) { first, _ in first }
        return entries.filter { before[$0.path] != $0.value }.map(\.path)
    }

    private var http2: HTTP2Policy {
        get { if case .http2(let policy) = policy { policy } else { HTTP2Policy() } }
        set { policy = .http2(newValue) }
    }

    private var grpc: GRPCPolicy {
        get { if case .grpc(let policy) = policy { policy } else { GRPCPolicy() } }
        set { policy = .grpc(newValue) }
    }

    private var webSocket: WebSocketPolicy {
        get { if case .webSocket(let policy) = policy { policy } else { WebSocketPolicy() } }
        set { policy = .webSocket(newValue) }
    }
}

extension HTTP2Policy {
    fileprivate static let schema = ConfigurationSchema(HTTP2Policy()) {
        $0.value(
            "sessionMemory", \.sessionMemory, .size((64 << 10)...(1 << 30)), live: true,
            "What one session has received and not handed on")
        $0.value(
            "headerListBytes", \.headerListBytes, .size((1 << 10)...(16 << 20)), live: true,
            "All fields of a message together")
    }
}

extension GRPCPolicy {
    fileprivate static let schema = ConfigurationSchema(GRPCPolicy()) {
        $0.value(
            "receivedMessageBytes", \.receivedMessageBytes, .size(1...(2 << 30)), live: true,
            "A message that is received")
        $0.value("sentMessageBytes", \.sentMessageBytes, .size(1...(2 << 30)), live: true, "A message that is sent")
        $0.value(
            "keepAliveTime", \.keepAliveTime, .duration(.seconds(10) ... .seconds(86400)), live: true,
            "The quiet after which the peer is asked whether it is there")
        $0.value(
            "keepAliveTimeout", \.keepAliveTimeout, .duration(.seconds(1) ... .seconds(86400)), live: true,
            "How long it may take to answer")
    }
}

extension WebSocketPolicy {
    fileprivate static let schema = ConfigurationSchema(WebSocketPolicy()) {
        $0.value(
            "pingInterval", \.pingInterval, .duration(.seconds(1) ... .seconds(3600)), orNull: "never", live: true,
            "How often a quiet peer is pinged")
        $0.value(
            "pongTimeout", \.pongTimeout, .duration(.milliseconds(100) ... .seconds(3600)), live: true,
            "How long its pong may take")
    }
}

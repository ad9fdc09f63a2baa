/// What the connections of a pool speak, with the settings of that protocol alone: those of another cannot be given.
///
/// ```swift
/// let policy = ConnectionPolicy.webSocket(WebSocketPolicy(pingInterval: .seconds(20)))
/// ```
public enum ConnectionPolicy: Sendable {
    /// HTTP/1.1 in the clear.
    case http
    /// HTTP/1.1 over TLS.
    case https
    /// HTTP/2, in the clear or over TLS.
    case http2(HTTP2Policy)
    /// gRPC over HTTP/2.
    case grpc(GRPCPolicy)
    /// WebSocket.
    case webSocket(WebSocketPolicy)
    /// A protocol of the user's own.
    case custom(any CustomPolicy)

    /// The protocol's name: `http`, `https`, `http2`, `grpc`, `websocket`, or what the user's own calls itself.
    public var name: String {
        switch self {
        case .http: "http"
        case .https: "https"
        case .http2: "http2"
        case .grpc: "grpc"
        case .webSocket: "websocket"
        case .custom(let policy): policy.name
        }
    }

    /// The settings by name, as an operator reads them.
    public var settings: [PolicySetting] {
        switch self {
        case .http, .https: []
        case .http2(let policy): policy.settings
        case .grpc(let policy): policy.settings
        case .webSocket(let policy): policy.settings
        case .custom(let policy): policy.settings
        }
    }

    /// What is wrong with the settings; empty when nothing is.
    public func mistakes() -> [PoolConfigurationMistake] {
        switch self {
        case .http, .https: []
        case .http2(let policy): policy.mistakes()
        case .grpc(let policy): policy.mistakes()
        case .webSocket(let policy): policy.mistakes()
        case .custom(let policy): policy.mistakes()
        }
    }
}

extension ConnectionPolicy: Equatable {
    /// Whether name and settings are the same.
    public static func == (one: Self, other: Self) -> Bool { one.name == other.name && one.settings == other.settings }
}

/// A setting of a protocol, as an operator reads it.
public struct PolicySetting: Sendable, Hashable, Codable {
    /// Its name, as in a path: `pingInterval`.
    public let name: String
    /// Its value with its unit: `20.0 seconds`.
    public let value: String

    /// A setting.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a user's own protocol tells a pool of itself.
///
/// ```swift
/// struct MQTTPolicy: CustomPolicy {
///     var keepAlive = Duration.seconds(60)
///     var name: String { "mqtt" }
///     var settings: [PolicySetting] { [PolicySetting("keepAlive", "\(keepAlive)")] }
///     func mistakes() -> [PoolConfigurationMistake] {
///         keepAlive < .zero ? [PoolConfigurationMistake("keepAlive", "is negative: 0 seconds turns it off")] : []
///     }
/// }
/// ```
public protocol CustomPolicy: Sendable {
    /// The protocol's name, in lower case; the same for all values of the type.
    var name: String { get }
    /// The settings by name, as an operator reads them. Two policies with the same settings count as equal.
    var settings: [PolicySetting] { get }
    /// What is wrong with the settings, each by its name; empty when nothing is.
    func mistakes() -> [PoolConfigurationMistake]
}

extension CustomPolicy {
    /// No settings.
    public var settings: [PolicySetting] { [] }
    /// Nothing to find fault with.
    public func mistakes() -> [PoolConfigurationMistake] { [] }
}

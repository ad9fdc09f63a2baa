import ApusHTTP
import ApusPool

extension PoolConfiguration {
    /// Takes over what is configured of the pool alone.
    mutating func take(_ settings: PoolSettings) {
        limit = settings.limit
        health = settings.health
    }

    /// Takes over what a server's limits, or the settings of the pool in their place, say of its connections, within the
    /// bounds that a pool's settings have.
    mutating func adopt(_ limits: ServerLimits, _ settings: PoolSettings) {
        idleTimeout = min(max(settings.idleTimeout ?? limits.idleTimeout, .milliseconds(1)), .seconds(86400))
        requestsPerConnection = (settings.requestsPerConnection ?? limits.requestsPerConnection).map { max(1, $0) }
        if case .http2 = policy {
            let memory = min(max(Int(limits.http2.peer.connectionWindow), 64 << 10), 1 << 30)
            let fields = min(max(Int(limits.http2.settings.maxHeaderListSize), 1 << 10), 16 << 20)
            policy = .http2(HTTP2Policy(sessionMemory: memory, headerListBytes: min(fields, memory)))
        }
    }
}

/// What a server's pool leaves to the server's own limits: a pool that took another value would show what does not hold.
@Sendable func mistakesOfServed(
    _ old: PoolConfiguration, _ new: PoolConfiguration
) -> [PoolConfigurationMistake] {
    var before: [String: String] = [:]
    for setting in old.settings { before[setting.name] = setting.value }
    return new.settings.compactMap { setting in
        guard before[setting.name] != setting.value else { return nil }
        return remedy(forServed: setting.name).map { PoolConfigurationMistake(setting.name, $0) }
    }
}

/// Why a setting of a server's pool is not changed there, and what to do; nil for one that is.
func remedy(forServed setting: String) -> String? {
    switch setting {
    case "idleTimeout": "is the server's limits.idleTimeout, or the listener's pools: change it there"
    case "requestsPerConnection":
        "is the server's limits.requestsPerConnection, or the listener's pools: change it there"
    case "maximumAge": "is nothing that a server ends connections for: limit their requests instead"
    case "queue", "patience": "is for those who wait for a connection, and a server's clients don't"
    case "policy.http2.sessionMemory": "is the server's limits.http2.peer.connectionWindow: change it there"
    case "policy.http2.headerListBytes": "is the server's limits.http2.maxHeaderListSize: change it there"
    case "policy":
        "is the server's: policy.http2.sessionMemory is limits.http2.peer.connectionWindow, and "
            + "policy.http2.headerListBytes is limits.http2.maxHeaderListSize: change them there"
    case let path where path.hasPrefix("policy.grpc.") || path.hasPrefix("policy.websocket."):
        "is for each route that speaks it to say: change it in the program"
    default: nil
    }
}

extension ListenerPoolSettings {
    /// Those of a protocol.
    subscript(kind: ServedProtocol) -> PoolSettings {
        switch kind {
        case .http1: http1
        case .http2: http2
        case .grpc, .webSocket: PoolSettings()
        }
    }
}

/// What the connections of one listener and protocol are governed by, as their loop looks at it.
struct PoolRules {
    /// How long one may be without a request, in the loop's milliseconds.
    let idle: UInt64
    /// The requests that one serves; `Int.max` for no limit.
    let requests: Int

    init(_ limits: ServerLimits, _ settings: PoolSettings) {
        idle = (settings.idleTimeout ?? limits.idleTimeout).clampedNanoseconds / 1_000_000
        requests = settings.requestsPerConnection ?? limits.requestsPerConnection ?? .max
    }
}

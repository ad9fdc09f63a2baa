import ApusHTTP
import ApusPool

extension PoolConfiguration {
    /// Takes over what a server's limits say of its connections, within the bounds that a pool's settings have.
    mutating func adopt(_ limits: ServerLimits) {
        idleTimeout = min(max(limits.idleTimeout, .milliseconds(1)), .seconds(86400))
        requestsPerConnection = limits.requestsPerConnection.map { max(1, $0) }
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
        let remedy: String
        switch setting.name {
        case "idleTimeout": remedy = "is the server's limits.idleTimeout: change it there"
        case "requestsPerConnection": remedy = "is the server's limits.requestsPerConnection: change it there"
        case "maximumAge": remedy = "is nothing that a server ends connections for: limit their requests instead"
        case "queue", "patience": remedy = "is for those who wait for a connection, and a server's clients don't"
        case "policy.http2.sessionMemory": remedy = "is the window that the server was started with"
        case "policy.http2.headerListBytes": remedy = "is the list of fields that the server was started with"
        default: return nil
        }
        return PoolConfigurationMistake(setting.name, remedy)
    }
}

import ApusPool
import ApusRuntime

/// What a connection speaks, as far as pools tell it apart.
enum ServedProtocol: UInt8, CaseIterable {
    case http1
    case http2
    case grpc
    case webSocket
}

/// The pools of one listener, one for each protocol: those of HTTP from the start, others when they are first spoken.
final class ListenerPools: Sendable {
    private let registry: PoolRegistry
    private let name: String
    private let isSecure: Bool
    private struct State: Sendable {
        var pools: [ServedProtocol: ConnectionPool] = [:]
        var limits: ServerLimits
        var settings: ListenerPoolSettings
    }
    private let state: Lock<State>

    init(
        _ registry: PoolRegistry, name: String, isSecure: Bool, limits: ServerLimits,
        settings: ListenerPoolSettings = ListenerPoolSettings()
    ) {
        self.registry = registry
        self.isSecure = isSecure
        state = Lock(State(limits: limits, settings: settings))
        // Listeners need no names of their own; pools do.
        var unique = name
        var number = 2
        while registry.pools.contains(where: { $0.name.hasPrefix(unique + ":") }) {
            unique = "\(name)-\(number)"
            number += 1
        }
        self.name = unique
        _ = pool(.http1)
        _ = pool(.http2)
    }

    /// The pool of a protocol. Any thread.
    func pool(_ kind: ServedProtocol) -> ConnectionPool {
        state.withLock { state in
            if let found = state.pools[kind] { return found }
            let configuration = state.settings[kind].configuration(policy(kind), state.limits)
            do {
                let name = "\(name):\(configuration.policy.name)"
                let made = try ConnectionPool(name, configuration, registry: registry)
                made.onClose(endServed)
                made.onDescribe(describeServed)
                made.onUpdate(mistakesOfServed)
                state.pools[kind] = made
                return made
            } catch {
                // A pool refuses a configuration with a mistake in it. This one is made of the policy's defaults, of settings
                // that were validated when the listener was opened or they were changed, and of limits within its bounds.
                fatalError("the settings of a pool are wrong: \(error)")
            }
        }
    }

    /// The server has other limits, or the listener other settings, from now on: what its pools show of them is what
    /// holds. What was changed of a pool itself stays where the settings are what they were. Any thread.
    ///
    /// - Parameters:
    ///   - limits: Those of the server.
    ///   - settings: Those of the listener's pools.
    func take(_ limits: ServerLimits, _ settings: ListenerPoolSettings) {
        let (old, new, pools) = state.withLock { state in
            let old = state.settings
            state.limits = limits
            state.settings = settings
            return (old, settings, state.pools)
        }
        for (kind, pool) in pools {
            pool.adopt { configuration in
                if old[kind] != new[kind] { configuration.take(new[kind]) }
                configuration.adopt(limits, new[kind])
            }
        }
    }

    /// What the connections of a protocol are governed by beyond the server's limits. Any thread.
    func rules(_ kind: ServedProtocol) -> PoolRules {
        state.withLock { PoolRules($0.limits, $0.settings[kind]) }
    }

    /// What a pool of the listener is for; nil for another's. Any thread.
    func kind(of pool: ConnectionPool) -> ServedProtocol? {
        state.withLock { $0.pools.first { $0.value === pool }?.key }
    }

    private func policy(_ kind: ServedProtocol) -> ConnectionPolicy {
        switch kind {
        case .http1: isSecure ? .https : .http
        case .http2: .http2(HTTP2Policy())
        case .grpc: .grpc(GRPCPolicy())
        case .webSocket: .webSocket(WebSocketPolicy())
        }
    }

    /// Counts a connection that was turned away before it could say what it speaks.
    func turnedAway(_ cause: RejectionCause, on loop: EventLoop) {
        pool(.http1).lane(on: loop).reject(cause, now: loop.tick)
    }
}

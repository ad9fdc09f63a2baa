public import ApusRuntime
import Synchronization

/// All pools of a process or a server, by name. Any thread.
///
/// ```swift
/// let registry = PoolRegistry()
/// let pool = try ConnectionPool("upstream", PoolConfiguration(.http, limit: 64), registry: registry)
/// print(registry.snapshot().pools.map(\.total))
/// ```
public final class PoolRegistry: Sendable {
    let hub = PoolEventHub()
    private let state = Lock<[ConnectionPool]>([])
    private let watch = Lock<Watching?>(nil)

    private final class Watching: Sendable {
        let isOver = Atomic<Bool>(false)
    }

    /// A registry without pools.
    public init() {}

    deinit {
        stopWatching()
        hub.end()
    }

    func add(_ pool: ConnectionPool) {
        state.withLock { pools in
            precondition(!pools.contains { $0.name == pool.name }, "two pools are called \(pool.name)")
            pools.append(pool)
        }
    }

    /// Lists a pool no more; it lives on.
    public func remove(_ pool: ConnectionPool) { state.withLock { $0.removeAll { $0 === pool } } }

    /// All pools, in the order in which they were made.
    public var pools: [ConnectionPool] { state.withLock { $0 } }

    /// The pool of that name.
    public subscript(name: String) -> ConnectionPool? { pools.first { $0.name == name } }

    /// All that all pools have counted.
    public func snapshot() -> RegistrySnapshot { RegistrySnapshot(pools: pools.map { $0.snapshot() }) }

    /// The worst state of any pool, with the pool's name in its reason.
    public var health: PoolHealth {
        var worst = PoolHealth.healthy
        for pool in pools {
            let health = pool.health
            if health.level > worst.level { worst = PoolHealth(health.level, "\(pool.name): \(health.reason)") }
        }
        return worst
    }

    /// What happens in any pool from now on.
    /// - Parameter buffering: The most events that wait for one listener, 1 or more.
    public func events(buffering: Int = 1024) -> PoolEvents { PoolEvents(hub: hub, pool: nil, capacity: buffering) }

    /// Tells listeners of a step of something that concerns all pools, as a hand-over.
    ///
    /// - Parameters:
    ///   - step: Which.
    ///   - remaining: The connections that are left.
    ///   - source: What stands in the place of the pool's name.
    public func noteProgress(_ step: String, remaining: Int, source: String = "server") {
        hub.tell(.progress(step: step, remaining: remaining), pool: source)
    }

    /// Judges all pools.
    /// - Parameter now: The time, of a clock that never goes back.
    public func evaluate(at now: Duration) { for pool in pools { pool.evaluate(at: now) } }

    /// Judges all pools once in an interval, on a loop's time, until ``stopWatching()`` or the registry's end.
    ///
    /// - Parameters:
    ///   - loop: The loop.
    ///   - interval: How often; 10 ms or more.
    public func startWatching(on loop: EventLoop, every interval: Duration = .seconds(1)) {
        let watching = Watching()
        let old = watch.withLock { watch in
            defer { watch = watching }
            return watch
        }
        old?.isOver.store(true, ordering: .relaxed)
        Self.look(self, watching, loop, max(interval, .milliseconds(10)))
    }

    /// Judges no more by itself.
    public func stopWatching() {
        watch.withLock { watch in
            watch?.isOver.store(true, ordering: .relaxed)
            watch = nil
        }
    }

    private static func look(_ registry: PoolRegistry, _ watching: Watching, _ loop: EventLoop, _ interval: Duration) {
        loop.schedule(after: interval) { [weak registry] loop in
            guard let registry, !watching.isOver.load(ordering: .relaxed) else { return }
            registry.evaluate(at: .milliseconds(Int64(loop.tick)))
            look(registry, watching, loop, interval)
        }
    }
}

/// What all pools were and had counted, at nearly one moment.
public struct RegistrySnapshot: Sendable, Hashable, Codable {
    /// The pools, in the order in which they were made.
    public let pools: [PoolSnapshot]

    /// Connections by protocol.
    public var connectionsByProtocol: [String: Int] {
        pools.reduce(into: [:]) { $0[$1.protocolName, default: 0] += $1.total }
    }

    /// The worst level of any pool.
    public var health: PoolHealth.Level { pools.map(\.health.level).max() ?? .healthy }
}

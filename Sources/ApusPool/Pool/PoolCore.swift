@_spi(Apus) import ApusRuntime
import Synchronization

/// What a pool and its lanes have in common.
final class PoolCore: Sendable {
    let name: String
    let places: Places
    let hub: PoolEventHub
    let latencies = SharedHistogram()
    let lifetimes = SharedHistogram()
    private let open = Atomic<Bool>(true)
    // The configuration, and those before it that can be rolled back to.
    let configurations: Lock<[PoolConfiguration]>
    /// How often these have changed, from 1. Written with their lock held.
    let revision = Atomic<Int>(1)
    let waiting: WaitingQueue<Void>
    /// Hooks, all of them off the path of a connection but for the look whether there are any.
    let hooks = Lock(PoolHooks())
    private let hasCleanUp = Atomic<Bool>(false)
    private let hasFollowers = Atomic<Bool>(false)
    private let lastLimitEvent = Atomic<UInt64>(0)

    init(name: String, configuration: PoolConfiguration, hub: PoolEventHub) {
        self.name = name
        self.hub = hub
        places = Places(configuration.limit ?? PoolConfiguration.mostConnections)
        configurations = Lock([configuration])
        waiting = WaitingQueue(capacity: configuration.queue)
    }

    var configuration: PoolConfiguration { configurations.withLock { $0[$0.count - 1] } }
    var isOpen: Bool {
        get { open.load(ordering: .relaxed) }
        set { open.store(newValue, ordering: .relaxed) }
    }
    var cleansUp: Bool { hasCleanUp.load(ordering: .relaxed) }

    func tell(_ kind: PoolEvent.Kind, handle: UInt64? = nil, loop: Int? = nil) {
        hub.tell(kind, pool: name, handle: handle, loop: loop)
    }

    /// Tells of a limit at most once a second: a flood of clients must not become a flood of events.
    func tellOfLimit(_ cause: RejectionCause, now: UInt64) {
        let last = lastLimitEvent.load(ordering: .relaxed)
        guard last == 0 || now >= last &+ 1000 else { return }
        guard lastLimitEvent.compareExchange(expected: last, desired: max(1, now), ordering: .relaxed).exchanged
        else { return }
        tell(.limitReached(cause))
    }

    func cleanUp(_ record: ConnectionRecord, _ reason: RemovalReason) {
        for cleanUp in hooks.withLock({ $0.cleanUps }) { cleanUp(record, reason) }
    }

    func addCleanUp(_ cleanUp: @escaping @Sendable (ConnectionRecord, RemovalReason) -> Void) {
        hooks.withLock { $0.cleanUps.append(cleanUp) }
        hasCleanUp.store(true, ordering: .relaxed)
    }

    /// Has `follower` called after each place that is given back, until ``unfollow(_:)`` with the number that it gives.
    func follow(_ follower: @escaping @Sendable () -> Void) -> Int {
        hooks.withLock { hooks in
            hooks.lastFollower += 1
            hooks.followers[hooks.lastFollower] = follower
            hasFollowers.store(true, ordering: .sequentiallyConsistent)
            return hooks.lastFollower
        }
    }

    func unfollow(_ number: Int) {
        hooks.withLock { hooks in
            hooks.followers[number] = nil
            if hooks.followers.isEmpty { hasFollowers.store(false, ordering: .sequentiallyConsistent) }
        }
    }

    /// Takes a place, if there is one. Not inlined: in a lane's own code the places would be a reference of a reference,
    /// which the compiler counts, and all loops would write to that one count.
    @inline(never) func takePlace(_ stripe: Int) -> Bool { places.take(stripe) }

    /// Gives a place back: to the first who waits, if somebody does.
    func givePlace(_ stripe: Int) {
        guard waiting.isAwaited else {
            places.give(stripe)
            // One who came to wait between the look and the giving looks for places itself, after it has said so.
            if waiting.isAwaited { serveWaiting(stripe) }
            if hasFollowers.load(ordering: .relaxed) { tellFollowers() }
            return
        }
        places.giveToCentre()
        serveWaiting(stripe)
        if hasFollowers.load(ordering: .relaxed) { tellFollowers() }
    }

    private func tellFollowers() { for follower in hooks.withLock({ $0.followers }).values { follower() } }

    /// Hands free places to those who wait.
    func serveWaiting(_ stripe: Int) {
        while waiting.isAwaited, places.take(stripe) {
            if !waiting.grant(()) {
                places.give(stripe)
                return
            }
        }
    }
}

/// What a pool's user wants to be asked and told.
struct PoolHooks: Sendable {
    var cleanUps: [@Sendable (ConnectionRecord, RemovalReason) -> Void] = []
    var followers: [Int: @Sendable () -> Void] = [:]
    var lastFollower = 0
    var check: (@Sendable (PoolConfiguration, PoolConfiguration) -> [PoolConfigurationMistake])?
    var close: (@Sendable (ConnectionRecord, EventLoop?, RemovalReason) -> Void)?
    var describe: (@Sendable (ConnectionRecord, EventLoop?) async -> ConnectionDescription?)?
}

@_spi(Apus) import ApusRuntime
import Synchronization

/// What came of another configuration.
public struct PoolConfigurationChange: Sendable, Equatable {
    /// Paths of settings that hold from now on, for all connections.
    public let applied: [String]
    /// Paths of settings that hold for connections that come from now on.
    public let forNewConnections: [String]
    /// Connections above a lower limit: they stay, and none is let in until they are gone.
    public let toDrain: Int
    /// The configuration before.
    public let previous: PoolConfiguration

    /// Whether anything has changed.
    public var isEmpty: Bool { applied.isEmpty && forNewConnections.isEmpty }
}

extension ConnectionPool {
    /// What would be wrong with another configuration for this pool; empty when nothing is.
    public func mistakes(in configuration: PoolConfiguration) -> [PoolConfigurationMistake] {
        var mistakes = configuration.mistakes()
        let old = self.configuration.policy.name
        if configuration.policy.name != old {
            mistakes.append(
                PoolConfigurationMistake(
                    "policy",
                    "is \(configuration.policy.name), but this pool speaks \(old): another protocol needs a new listener"
                ))
        }
        if let check = core.hooks.withLock({ $0.check }) {
            // What the owner does not heed at all is more than what else would be wrong with it.
            let unheeded = check(self.configuration, configuration)
            mistakes.removeAll { mistake in unheeded.contains { $0.path == mistake.path } }
            mistakes += unheeded
        }
        return mistakes
    }

    /// Has the owner of the connections look at another configuration before it is taken: what it can't heed, or governs
    /// elsewhere, is a mistake then. A pool has one such check; a later one takes its place.
    ///
    /// - Parameter check: Called on any thread with the configuration in force and the one that is wanted; gives what is
    ///   wrong.
    public func onUpdate(
        _ check: @escaping @Sendable (PoolConfiguration, PoolConfiguration) -> [PoolConfigurationMistake]
    ) {
        core.hooks.withLock { $0.check = check }
    }

    /// Takes over what the owner of the connections has changed where it governs it. Configurations that can be rolled
    /// back to have it too, so that a rollback does not bring back what holds no more.
    package func adopt(_ change: (inout PoolConfiguration) -> Void) {
        _ = apply { configurations in for index in configurations.indices { change(&configurations[index]) } }
    }

    /// How often the configuration has changed, from 1: who changes it, or takes a change back, may say by it what he has
    /// seen. Any thread.
    public var revision: Int { core.revision.load(ordering: .acquiring) }

    /// Governs by another configuration from now on; one that is the same is nothing to roll back. No connection is dropped for it. A lower limit drains: who is in
    /// stays, and nobody is let in until there are fewer. Listeners are told ``PoolEvent/Kind/configurationChanged(_:)``.
    /// Any thread.
    ///
    /// - Returns: What has changed, and for whom.
    /// - Throws: ``PoolConfigurationError`` with all that is wrong; the old one stays in force then.
    @discardableResult
    public func update(_ configuration: PoolConfiguration) throws(PoolConfigurationError) -> PoolConfigurationChange {
        try check(configuration)
        guard let change = apply({ $0.add(configuration) }) else { preconditionFailure("any revision will do") }
        return change
    }

    /// Does what ``update(_:)`` does, unless the configuration in force is another than the one that was seen.
    ///
    /// - Parameters:
    ///   - configuration: What is wanted.
    ///   - revision: The ``revision`` that was seen.
    /// - Returns: What has changed, and for whom; nil when another was faster, and nothing has.
    /// - Throws: ``PoolConfigurationError`` with all that is wrong; the old one stays in force then.
    public func update(
        _ configuration: PoolConfiguration, basedOn revision: Int
    ) throws(PoolConfigurationError) -> PoolConfigurationChange? {
        try check(configuration)
        return apply(basedOn: revision) { $0.add(configuration) }
    }

    private func check(_ configuration: PoolConfiguration) throws(PoolConfigurationError) {
        let mistakes = mistakes(in: configuration)
        if !mistakes.isEmpty { throw PoolConfigurationError(mistakes: mistakes) }
    }

    /// Goes back to the configuration before the last ``update(_:)``; nil when there is none. Any thread.
    @discardableResult
    public func rollback() -> PoolConfigurationChange? { rollBack(basedOn: nil) }

    /// Does what ``rollback()`` does, unless another change has come since the one that is meant. Any thread.
    ///
    /// - Parameter revision: The ``revision`` that was seen.
    /// - Returns: What has changed; nil when there is nothing to go back to, or ``revision`` is another by now.
    public func rollback(basedOn revision: Int) -> PoolConfigurationChange? { rollBack(basedOn: revision) }

    private func rollBack(basedOn revision: Int?) -> PoolConfigurationChange? {
        var isPossible = true
        let change = apply(basedOn: revision) { configurations in
            isPossible = configurations.count > 1
            if isPossible { configurations.removeLast() }
        }
        return isPossible ? change : nil
    }

    /// How many configurations can be rolled back to.
    static let mostKept = 16

    /// Nil when the revision is another than the one that it is to be based on, and nothing was done.
    private func apply(
        basedOn revision: Int? = nil, _ change: (inout [PoolConfiguration]) -> Void
    ) -> PoolConfigurationChange? {
        let found: (PoolConfiguration, PoolConfiguration)? = core.configurations.withLock { configurations in
            let number = core.revision.load(ordering: .relaxed)
            if let revision, revision != number { return nil }
            let before = configurations
            change(&configurations)
            let old = before[before.count - 1]
            if configurations != before { core.revision.store(number + 1, ordering: .releasing) }
            if configurations.count > Self.mostKept { configurations.removeFirst() }
            let new = configurations[configurations.count - 1]
            // Within the lock, so that of two at a time the last one's limit stands.
            if new.limit != old.limit { core.places.setLimit(new.limit ?? PoolConfiguration.mostConnections) }
            core.waiting.setCapacity(new.queue)
            take(new.health)
            return (old, new)
        }
        guard let (old, new) = found else { return nil }
        if new.limit != old.limit { core.serveWaiting(0) }
        var before: [String: String] = [:]
        for setting in old.settings { before[setting.name] = setting.value }
        let changed = new.settings.filter { before[$0.name] != $0.value }.map(\.name)
        let isForNew = { (path: String) in path.hasPrefix("policy.") }
        if !changed.isEmpty { core.tell(.configurationChanged(changed)) }
        return PoolConfigurationChange(
            applied: changed.filter { !isForNew($0) }, forNewConnections: changed.filter(isForNew),
            toDrain: max(0, count - (new.limit ?? .max)), previous: old)
    }
}

extension [PoolConfiguration] {
    /// Adds one that differs from the last.
    fileprivate mutating func add(_ configuration: PoolConfiguration) {
        if last != configuration { append(configuration) }
    }
}

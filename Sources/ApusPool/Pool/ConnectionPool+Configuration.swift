@_spi(Apus) import ApusRuntime

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
        if let check = core.hooks.withLock({ $0.check }) { mistakes += check(self.configuration, configuration) }
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
        apply { configurations in for index in configurations.indices { change(&configurations[index]) } }
    }

    /// Governs by another configuration from now on; no connection is dropped for it. A lower limit drains: who is in
    /// stays, and nobody is let in until there are fewer. Listeners are told ``PoolEvent/Kind/configurationChanged(_:)``.
    /// Any thread.
    ///
    /// - Returns: What has changed, and for whom.
    /// - Throws: ``PoolConfigurationError`` with all that is wrong; the old one stays in force then.
    @discardableResult
    public func update(_ configuration: PoolConfiguration) throws(PoolConfigurationError) -> PoolConfigurationChange {
        let mistakes = mistakes(in: configuration)
        if !mistakes.isEmpty { throw PoolConfigurationError(mistakes: mistakes) }
        return apply { $0.append(configuration) }
    }

    /// Goes back to the configuration before the last ``update(_:)``; nil when there is none. Any thread.
    @discardableResult
    public func rollback() -> PoolConfigurationChange? {
        var isPossible = true
        let change = apply { configurations in
            isPossible = configurations.count > 1
            if isPossible { configurations.removeLast() }
        }
        return isPossible ? change : nil
    }

    /// How many configurations can be rolled back to.
    static let mostKept = 16

    @discardableResult
    private func apply(_ change: (inout [PoolConfiguration]) -> Void) -> PoolConfigurationChange {
        let (old, new) = core.configurations.withLock { configurations in
            let old = configurations[configurations.count - 1]
            change(&configurations)
            if configurations.count > Self.mostKept { configurations.removeFirst() }
            let new = configurations[configurations.count - 1]
            // Within the lock, so that of two at a time the last one's limit stands.
            if new.limit != old.limit { core.places.setLimit(new.limit ?? PoolConfiguration.mostConnections) }
            core.waiting.setCapacity(new.queue)
            take(new.health)
            return (old, new)
        }
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

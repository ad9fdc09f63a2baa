import ApusConfiguration
import ApusNet
import ApusRuntime
import ApusWorkers

/// What a worker does with the configuration when its master says so; the master's revisions count, not its own. On the
/// thread of the link.
extension RunningServer {
    /// Looks at a change that is to be made.
    ///
    /// - Returns: The configuration with it, and what would change; nil when there is none to return to.
    /// - Throws: Every mistake at once.
    func prepare(
        _ wanted: WantedConfiguration
    ) throws(ConfigurationError) -> (configuration: Configuration, update: ConfigurationUpdate)? {
        try updates.withLock { _ throws(ConfigurationError) in
            guard let source = source.withLock({ $0 }) else { throw Self.noConfiguration }
            guard let new = try wanted.configuration(from: source) else { return nil }
            return (new, source.configuration.update(to: new))
        }
    }

    /// Makes a change that was looked at.
    ///
    /// - Parameters:
    ///   - configuration: The one that was prepared.
    ///   - isRollback: Whether it takes the last change back.
    ///   - revision: What is in force then.
    /// - Returns: What has changed.
    func commit(_ configuration: Configuration, isRollback: Bool, as revision: String) -> ConfigurationUpdate {
        let outcome = updates.withLock { _ in
            take(configuration, isRollback: isRollback, as: ConfigurationRevision(revision))
        }
        tell(of: outcome.update)
        return outcome.update
    }

    /// Comes to what is in force with the other workers.
    ///
    /// - Parameters:
    ///   - changes: All changes since the configuration was read.
    ///   - revision: What is in force then.
    /// - Throws: What does not fit the configuration that was read; all is as it was.
    func assume(_ changes: [ConfigurationPatch], as revision: String) throws(ConfigurationError) {
        let update = try updates.withLock { _ throws(ConfigurationError) in
            guard let source = source.withLock({ $0 }) else { return ConfigurationUpdate() }
            let history = try source.base.history(of: changes)
            let wanted = history[history.count - 1]
            var update = source.configuration.update(to: wanted)
            if !update.applied.isEmpty { update = take(wanted, isRollback: false).update }
            self.source.withLock { source in
                source?.replaceHistory(Array(history.dropLast()))
                if let revision = ConfigurationRevision(revision) { source?.revision = revision }
            }
            return update
        }
        tell(of: update)
    }

    /// The configuration was read anew: what was changed before is neither in force nor to be taken back.
    func forgetChanges(as revision: String) {
        updates.withLock { _ in
            source.withLock { source in
                source?.beginAnew()
                if let revision = ConfigurationRevision(revision) { source?.revision = revision }
            }
        }
    }
}

extension Configuration {
    /// Itself, and what it becomes by each of some changes in turn; the last one is checked.
    ///
    /// - Throws: Every mistake of the changes, and of what has come of them together.
    fileprivate func history(of changes: [ConfigurationPatch]) throws(ConfigurationError) -> [Configuration] {
        guard !changes.isEmpty else { return [self] }
        var history = [self]
        for count in 1..<changes.count { history.append(laying(changes[..<count])) }
        history.append(try changing(changes[...]))
        return history
    }
}

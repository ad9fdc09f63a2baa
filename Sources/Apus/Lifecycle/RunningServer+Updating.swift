public import ApusConfiguration
import ApusNet
import ApusRuntime

extension RunningServer {
    /// The configuration in force; nil for a server that was not made of one. Any thread.
    public var currentConfiguration: Configuration? { source.withLock { $0?.configuration } }

    /// Which configuration is in force; nil for a server that was not made of one. Any thread.
    public var configurationRevision: ConfigurationRevision? { source.withLock { $0?.revision } }

    /// Takes over of a configuration what can change while the server runs: the log's level, the limits (for connections
    /// that come from now on; above a lower limit of connections nobody is let in until enough have gone), those of single
    /// pools, the adaptive limit's, how it is drained, and all of TLS that is not about handshakes themselves, certificates
    /// read anew. The rest stays as it is, and is named. No connection is dropped.
    ///
    /// Everything is checked first: of a configuration with a mistake nothing is taken over. It blocks for files; any
    /// thread that is no loop. Listeners of ``lifecycleEvents()`` are told.
    ///
    /// - Parameter configuration: What is wanted.
    /// - Returns: What is in force now, and what needs more than that.
    /// - Throws: Every mistake at once; all is as it was.
    @discardableResult public func update(
        _ configuration: Configuration
    ) throws(ConfigurationError) -> ConfigurationUpdate {
        try change(to: .whole(configuration)).update
    }

    /// Does what ``update(_:)-(Configuration)`` does with the configuration in force, some of its keys set.
    ///
    /// - Parameter settings: The keys, such as `limits.body`, and their values, such as `64MiB`; a flag's name, such as
    ///   `admin`, is what ``Configuration/origin(of:)`` shows.
    /// - Returns: What is in force now, and what needs more than that.
    /// - Throws: Every mistake at once; all is as it was.
    @discardableResult public func update(
        _ settings: [ConfigurationFlag]
    ) throws(ConfigurationError) -> ConfigurationUpdate {
        try change(to: .settings(settings)).update
    }

    /// Sets some keys of the configuration in force, unless it is another than the one that the change is based on.
    ///
    /// - Parameters:
    ///   - settings: The keys and their values.
    ///   - revision: The ``configurationRevision`` that was seen.
    /// - Returns: What is in force now, and what needs more than that.
    /// - Throws: Every mistake at once, or the one problem of the kind `ConfigurationProblem.Kind.stale`; all is as it
    ///   was.
    @discardableResult public func update(
        _ settings: [ConfigurationFlag], basedOn revision: ConfigurationRevision
    ) throws(ConfigurationError) -> ConfigurationUpdate {
        try change(to: .settings(settings), basedOn: ["\(revision)"]).update
    }

    /// Says what an update would do, and changes nothing. It blocks for files; any thread that is no loop.
    ///
    /// - Parameter configuration: What is wanted.
    /// - Throws: Every mistake at once.
    public func preview(_ configuration: Configuration) throws(ConfigurationError) -> ConfigurationUpdate {
        try change(to: .whole(configuration), isPreview: true).update
    }

    /// Says what an update would do, and changes nothing. It blocks for files; any thread that is no loop.
    ///
    /// - Parameter settings: The keys and their values.
    /// - Throws: Every mistake at once.
    public func preview(_ settings: [ConfigurationFlag]) throws(ConfigurationError) -> ConfigurationUpdate {
        try change(to: .settings(settings), isPreview: true).update
    }

    /// Returns to the configuration that was in force before the last update which changed something; once more, to the
    /// one before that. The last 16 are kept. Each value is from where it was then. It blocks for files; any thread that is
    /// no loop.
    ///
    /// - Returns: What has changed; nil when there was no update.
    /// - Throws: What is wrong with the earlier configuration by now, as a file that is gone; all is as it was.
    @discardableResult public func rollback() throws(ConfigurationError) -> ConfigurationUpdate? {
        let update = try change(to: .previous).update
        return update.isEmpty ? nil : update
    }

    /// Does what ``rollback()`` does, unless another change has come since the one that is meant.
    ///
    /// - Parameter revision: The ``configurationRevision`` that was seen.
    /// - Returns: What has changed; nil when there was no update.
    /// - Throws: The one problem of the kind `ConfigurationProblem.Kind.stale` when the configuration in force is another
    ///   by now, or what is wrong with the earlier one; all is as it was.
    @discardableResult public func rollback(
        basedOn revision: ConfigurationRevision
    ) throws(ConfigurationError) -> ConfigurationUpdate? {
        let update = try change(to: .previous, basedOn: ["\(revision)"]).update
        return update.isEmpty ? nil : update
    }

    /// The one road on which a running server comes to another configuration. One change at a time: files are read and
    /// everything is checked before anything is touched.
    ///
    /// - Parameters:
    ///   - wanted: What is asked for.
    ///   - expected: The revisions of which one must be in force; nil is any.
    ///   - isPreview: Whether to say only what would come of it.
    /// - Returns: What came of it; empty where there is none to return to.
    /// - Throws: Every mistake at once; all is as it was.
    @discardableResult func change(
        to wanted: WantedConfiguration, basedOn expected: [String]? = nil, isPreview: Bool = false
    ) throws(ConfigurationError) -> ConfigurationOutcome {
        do throws(ConfigurationError) {
            let outcome = try updates.withLock { _ throws(ConfigurationError) in
                guard let source = source.withLock({ $0 }) else { throw Self.noConfiguration }
                try source.revision.check(expected)
                let old = source.configuration
                guard let new = try wanted.configuration(from: source) else {
                    return ConfigurationOutcome(revision: source.revision)
                }
                if isPreview { return ConfigurationOutcome(update: old.update(to: new), revision: source.revision) }
                return take(new, isRollback: wanted.isRollback)
            }
            if !isPreview { tell(of: outcome.update) }
            return outcome
        } catch {
            if !isPreview { lifecycle.tell(.configurationRefused(error)) }
            throw error
        }
    }

    /// Tells listeners of what has changed.
    func tell(of update: ConfigurationUpdate) {
        if !update.applied.isEmpty { lifecycle.tell(.configurationChanged(update)) }
    }

    static let noConfiguration = ConfigurationError([
        ConfigurationProblem(
            .value, path: "", reason: "the server was not made of a Configuration: make the application with one",
            origin: .standard)
    ])

    /// Takes over what can be of a configuration that was checked. With ``updates`` held.
    ///
    /// - Parameters:
    ///   - wanted: What is wanted.
    ///   - isRollback: Whether it takes the last change back.
    ///   - revision: What is in force then; nil is the next one, when anything changes.
    func take(
        _ wanted: Configuration, isRollback: Bool, as revision: ConfigurationRevision? = nil
    ) -> ConfigurationOutcome {
        guard let (old, current) = source.withLock({ $0.map { ($0.configuration, $0.revision) } }) else {
            preconditionFailure("a server that was not made of a configuration has refused before")
        }
        let update = old.update(to: wanted)
        let taken = old.takingOver(wanted)
        apply(taken)
        let revision = revision ?? (update.applied.isEmpty ? current : current.next)
        source.withLock { source in
            source?.configuration = taken
            source?.revision = revision
            if isRollback {
                source?.forgetLast()
            } else if !update.applied.isEmpty {
                source?.keep(old)
            }
        }
        return ConfigurationOutcome(update: update, revision: revision)
    }

    /// Has everything that can change go by a configuration.
    private func apply(_ taken: Configuration) {
        plan.withLock { $0 = taken.drainPlan }
        for listener in listeners { listener.server.admission.change(to: taken.sockets.admission) }
        take(taken.limits, taken.listeners.map(\.pools))
        if let limit = taken.adaptiveLimit {
            for gate in services.flatMap(\.adaptiveGates) { gate.take(limit) }
        }
        #if TLS
            for (index, settings) in taken.listeners.enumerated() where index < listeners.count {
                guard let tls = settings.tls, !tls.isSelfSigned else { continue }
                let wanted = tls.tlsConfiguration(taken.limits).sharing(secrets, at: places[index])
                listeners[index].reloader?.reload(wanted)
            }
        #endif
        source.withLock { $0?.threshold.level = taken.log.level }
    }

    /// Has the loops take limits over for connections that come from now on, those of single pools too.
    private func take(_ limits: ServerLimits, _ pools: [ListenerPoolSettings]) {
        for (listener, settings) in zip(listeners, pools) { listener.pools.take(limits, settings) }
        for loop in group.loops {
            loop.execute { [listeners] loop in
                for listener in listeners { ServerLoop.of(listener.service, on: loop).take(limits) }
            }
        }
    }

    /// What SIGHUP does: the log says what came of it.
    func reload(making configuration: (@Sendable () throws -> Configuration)?) {
        let log = self.configuration.log
        serviceManager.tell(.reloading)
        defer { serviceManager.tell(.ready) }
        guard let configuration else {
            #if TLS
                for listener in listeners { listener.reloader?.reload() }
            #endif
            return log(.notice, "reloaded the certificates")
        }
        do {
            let update = try update(try read(configuration))
            for change in update.applied { log(.notice, "reloaded: \(change)") }
            for change in update.needsListener { log(.warning, "needs a new listener, to be restarted for: \(change)") }
            for change in update.needsRestart { log(.warning, "to be restarted for: \(change)") }
            if update.isEmpty { log(.notice, "reloaded: no key has changed") }
        } catch let error as ConfigurationError {
            for problem in error.problems { log(.error, "the configuration stays as it was: \(problem)") }
        } catch {
            log(.error, "the configuration stays as it was: \(error)")
        }
    }

    /// Reads a configuration; one that can't be read is refused like any other with mistakes, and listeners are told.
    func read(_ configuration: @Sendable () throws -> Configuration) throws -> Configuration {
        do {
            return try configuration()
        } catch {
            lifecycle.tell(.configurationRefused(.unreadable(error)))
            throw error
        }
    }
}

extension ConfigurationError {
    /// What kept a configuration from being read, as an error of one.
    static func unreadable(_ error: any Error) -> ConfigurationError {
        (error as? ConfigurationError)
            ?? ConfigurationError([ConfigurationProblem(.value, path: "", reason: "\(error)", origin: .standard)])
    }
}

/// What came of a change, and which configuration is in force then.
struct ConfigurationOutcome: Sendable {
    var update = ConfigurationUpdate()
    var revision: ConfigurationRevision
    /// How many workers it is in force in; nil for a server alone.
    var workers: Int?
}

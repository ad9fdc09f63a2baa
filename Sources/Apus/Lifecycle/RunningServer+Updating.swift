import ApusNet
import ApusRuntime

extension RunningServer {
    /// The configuration in force; nil for a server that was not made of one. Any thread.
    public var currentConfiguration: Configuration? { source.withLock { $0?.configuration } }

    /// Takes over of a configuration what can change while the server runs: the log's level, the limits (for connections
    /// that come from now on; above a lower limit of connections nobody is let in until enough have gone), how it is
    /// drained, and all of TLS that is not about handshakes themselves, certificates read anew. The rest stays as it is, and
    /// is named. No connection is dropped.
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
        try change(to: .whole(configuration))
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
        try change(to: .settings(settings))
    }

    /// Says what an update would do, and changes nothing. It blocks for files; any thread that is no loop.
    ///
    /// - Parameter configuration: What is wanted.
    /// - Throws: Every mistake at once.
    public func preview(_ configuration: Configuration) throws(ConfigurationError) -> ConfigurationUpdate {
        try change(to: .whole(configuration), isPreview: true)
    }

    /// Says what an update would do, and changes nothing. It blocks for files; any thread that is no loop.
    ///
    /// - Parameter settings: The keys and their values.
    /// - Throws: Every mistake at once.
    public func preview(_ settings: [ConfigurationFlag]) throws(ConfigurationError) -> ConfigurationUpdate {
        try change(to: .settings(settings), isPreview: true)
    }

    /// Returns to the configuration that was in force before the last update which changed something; once more, to the
    /// one before that. The last 16 are kept. Each value is from where it was then. It blocks for files; any thread that is
    /// no loop.
    ///
    /// - Returns: What has changed; nil when there was no update.
    /// - Throws: What is wrong with the earlier configuration by now, as a file that is gone; all is as it was.
    @discardableResult public func rollback() throws(ConfigurationError) -> ConfigurationUpdate? {
        let update = try change(to: .previous)
        return update.isEmpty ? nil : update
    }

    /// The one road on which a running server comes to another configuration. One change at a time: files are read and
    /// everything is checked before anything is touched.
    ///
    /// - Parameters:
    ///   - wanted: What is asked for.
    ///   - isPreview: Whether to say only what would come of it.
    /// - Returns: What came of it; empty where there is none to return to.
    /// - Throws: Every mistake at once; all is as it was.
    @discardableResult func change(
        to wanted: WantedConfiguration, isPreview: Bool = false
    ) throws(ConfigurationError) -> ConfigurationUpdate {
        do throws(ConfigurationError) {
            let update = try updates.withLock { _ throws(ConfigurationError) in
                guard let source = source.withLock({ $0 }) else { throw Self.noConfiguration }
                let old = source.configuration
                guard let new = try wanted.configuration(from: source) else { return ConfigurationUpdate() }
                return isPreview ? old.update(to: new) : take(new, over: old, isRollback: wanted.isRollback)
            }
            if !isPreview, !update.applied.isEmpty { lifecycle.tell(.configurationChanged(update)) }
            return update
        } catch {
            if !isPreview { lifecycle.tell(.configurationRefused(error)) }
            throw error
        }
    }

    private static let noConfiguration = ConfigurationError([
        ConfigurationProblem(
            .value, path: "", reason: "the server was not made of a Configuration: make the application with one",
            origin: .standard)
    ])

    private func take(_ wanted: Configuration, over old: Configuration, isRollback: Bool) -> ConfigurationUpdate {
        let update = old.update(to: wanted)
        let taken = old.takingOver(wanted)
        plan.withLock { $0 = taken.drainPlan }
        for listener in listeners { listener.server.admission.change(to: taken.sockets.admission) }
        take(taken.limits, taken.listeners.map(\.pools))
        #if TLS
            for (listener, settings) in zip(listeners, taken.listeners) {
                guard let tls = settings.tls, !tls.isSelfSigned else { continue }
                listener.reloader?.reload(tls.tlsConfiguration(selfSigned: nil, taken.limits))
            }
        #endif
        source.withLock { source in
            source?.threshold.level = taken.log.level
            source?.configuration = taken
            if isRollback {
                source?.forgetLast()
            } else if !update.applied.isEmpty {
                source?.keep(old)
            }
        }
        return update
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
            let update = try update(try configuration())
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
}

/// What is asked of a running server.
enum WantedConfiguration: Sendable {
    /// Another one.
    case whole(Configuration)
    /// The one in force, some keys set.
    case settings([ConfigurationFlag])
    /// The one in force, keys of a JSON5 object set, all of which must be such as can change now.
    case text(String, from: ConfigurationOrigin)
    /// The one before the last change.
    case previous

    var isRollback: Bool { if case .previous = self { true } else { false } }

    /// The configuration that is meant, with nothing wrong; nil where there is none to return to. It blocks for files.
    fileprivate func configuration(from source: ConfigurationSource) throws(ConfigurationError) -> Configuration? {
        switch self {
        case .whole(let configuration): try configuration.validated()
        case .settings(let settings): try source.configuration.setting(settings)
        case .text(let text, let origin): try source.configuration.changing(text, from: origin)
        case .previous: try source.earlier.last?.validated()
        }
    }
}

import ApusNet
import ApusRuntime

extension RunningServer {
    /// Takes over of a configuration what can change while the server runs: the log's level, the limits (for connections
    /// that come from now on), and all of TLS that is not about handshakes themselves, certificates read anew. The rest
    /// stays as it is, and is named.
    ///
    /// It blocks for files; any thread that is no loop. Certificates that turn out to be wrong leave those of before in
    /// force, and the log says so.
    ///
    /// - Parameter configuration: What is wanted, validated.
    /// - Returns: What is in force now, and what needs a restart. Both are empty for a server that was not made of a
    ///   ``Configuration``.
    @discardableResult public func reload(_ configuration: Configuration) -> ConfigurationReload {
        source.withLock { source in
            guard let old = source?.configuration else { return ConfigurationReload(applied: [], needsRestart: []) }
            let reload = old.reload(configuration)
            let taken = old.takingOver(configuration)
            source?.threshold.level = taken.log.level
            take(taken.limits)
            #if TLS
                for (listener, settings) in zip(listeners, taken.listeners) {
                    guard let tls = settings.tls, !tls.isSelfSigned else { continue }
                    listener.reloader?.reload(tls.tlsConfiguration(selfSigned: nil, taken.limits))
                }
            #endif
            source?.configuration = taken
            return reload
        }
    }

    /// Has the loops take limits over for connections that come from now on.
    private func take(_ limits: ServerLimits) {
        for loop in group.loops {
            loop.execute { [listeners] loop in
                for listener in listeners { ServerLoop.of(listener.service, on: loop).take(limits) }
            }
        }
    }

    /// What SIGHUP does: the log says what came of it.
    func reload(making configuration: (@Sendable () throws -> Configuration)?) {
        let log = self.configuration.log
        guard let configuration else {
            #if TLS
                for listener in listeners { listener.reloader?.reload() }
            #endif
            return log(.notice, "reloaded the certificates")
        }
        do {
            let reload = reload(try configuration())
            for change in reload.applied { log(.notice, "reloaded: \(change)") }
            for change in reload.needsRestart { log(.warning, "to be restarted for: \(change)") }
            if reload.applied.isEmpty, reload.needsRestart.isEmpty { log(.notice, "reloaded: no key has changed") }
        } catch let error as ConfigurationError {
            for problem in error.problems { log(.error, "the configuration stays as it was: \(problem)") }
        } catch {
            log(.error, "the configuration stays as it was: \(error)")
        }
    }
}

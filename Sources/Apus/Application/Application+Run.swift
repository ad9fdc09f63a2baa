import ApusNet
import ApusRuntime
import CSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Application {
    /// Serves until SIGTERM or SIGINT, or until the task is cancelled; then drains: no new connections, requests in
    /// flight finish within ``ServerConfiguration/drainTimeout``, and what is left is cut. A second signal stops at
    /// once.
    ///
    /// SIGHUP has certificates read anew, SIGUSR1 has access logs opened anew, and SIGUSR2 starts a new process of the same
    /// program, which takes the listening sockets over; this one drains when that serves. See <doc:StoppingAndRestarting>.
    ///
    /// - Throws: ``RegistrationErrors`` or `SocketError`, before anything is served.
    public func run() async throws { try await run(reloading: nil) }

    /// Does what ``run()`` does, and takes a configuration over at SIGHUP: what can change while the server runs is
    /// changed, what can't is named in the log, and when anything is wrong all stays as it was. See
    /// ``RunningServer/update(_:)-(Configuration)``.
    ///
    /// - Parameter reload: Makes the configuration anew, as
    ///   ``Configuration/load(file:preset:environment:flags:checksFiles:)`` does. Called on a thread that may block; nil
    ///   has only certificates read anew.
    /// - Throws: ``RegistrationErrors`` or `SocketError`, before anything is served.
    public func run(reloading reload: (@Sendable () throws -> Configuration)?) async throws {
        let server = try open(configuration)
        // Before anything is accepted: who is answered may send a signal at once.
        let signals = SignalWatch(on: server.group.loops[0])
        watch(signals, for: server, reloading: reload)
        server.link?.onReload(reload)
        try beginServing(server)
        if let place = server.dashboardPlace { configuration.log(.info, "the dashboard is at \(place)") }
        // A master greets for its workers.
        if server.inheritance?.worker == nil { configuration.log(.info, server.greeting) }
        // The configuration is read and the routes are built: the code for that need not stay in memory.
        apus_release_image()
        await withTaskCancellationHandler {
            await signals.first()
        } onCancel: {
            signals.cancel()
        }
        let count = server.connectionCount
        configuration.log(.info, "stopping: \(count) \(count == 1 ? "connection is" : "connections are") open")
        // A worker hears from its master, and often of the same thing from a terminal or a service manager as well: that it
        // is enough is for the master to say, by SIGKILL.
        if server.inheritance?.worker == nil {
            signals.onSecond { [log = configuration.log] in
                log(.warning, "stopped at once")
                exitProcess(130)
            }
        }
        await server.stop()
        signals.restore()
    }

    private func watch(
        _ signals: SignalWatch, for server: RunningServer, reloading reload: (@Sendable () throws -> Configuration)?
    ) {
        signals.on(SIGHUP) { [weak server] in
            guard let server else { return }
            do throws(WorkError) {
                try WorkStealingPool.shared.submit { server.reload(making: reload) }
            } catch {
                server.configuration.log(.warning, "nothing was reloaded: \(error): send SIGHUP again")
            }
        }
        signals.on(SIGUSR2) { [weak server, weak signals] in
            guard let server, let signals else { return }
            Task { await server.handOver(endingIn: signals) }
        }
        let logs = setup.withLock { $0.accessLogs }
        let lines = configuration.source?.lines
        if !logs.isEmpty || lines != nil {
            signals.on(SIGUSR1) {
                for log in logs { log.reopen() }
                lines?.reopen()
            }
        }
    }

    /// Starts to serve, and returns: for tests, and for programs that do other things as well.
    ///
    /// - Throws: ``RegistrationErrors`` or `SocketError`.
    public func start() throws -> RunningServer { try start(configuration) }

    /// Starts to serve as ``start()`` does, but as another configuration has it where sockets and loops are concerned.
    package func start(_ configuration: ServerConfiguration) throws -> RunningServer {
        let server = try open(configuration)
        try beginServing(server)
        return server
    }

    private func beginServing(_ server: RunningServer) throws(HandoverError) {
        do throws(HandoverError) {
            try server.beginServing()
        } catch {
            server.stopNow()
            throw error
        }
    }

    /// Opens the listeners. What another process has handed over is not accepted from yet.
    private func open(_ configuration: ServerConfiguration) throws -> RunningServer {
        let service = try makeService()
        let group = try LoopGroup(configuration.loops)
        do {
            let server = try RunningServer(service: service, group: group, configuration: configuration)
            server.join(metrics, serverBoard)
            // Of several workers the first has it.
            if let admin = configuration.admin, server.inheritance?.worker ?? 1 == 1 {
                do {
                    try server.open(admin, of: self)
                } catch {
                    server.stopNow()
                    throw error
                }
            }
            return server
        } catch {
            group.shutdown()
            throw error
        }
    }
}

import ApusNet
import ApusRuntime
import Synchronization

extension Application {
    /// Serves until SIGTERM or SIGINT, or until the task is cancelled; then drains: no new connections, requests in
    /// flight finish within ``ServerConfiguration/drainTimeout``, and what is left is cut. A second signal stops at
    /// once.
    ///
    /// - Throws: ``RegistrationErrors`` or `SocketError`, before anything is served.
    public func run() async throws {
        let server = try start()
        // Before the greeting: who reads that may send a signal at once.
        let signals = SignalWatch(on: server.group.loops[0])
        configuration.log(.info, server.greeting)
        await withTaskCancellationHandler {
            await signals.first()
        } onCancel: {
            signals.cancel()
        }
        configuration.log(.info, "stopping: \(server.connectionCount) connections are open")
        signals.onSecond { [log = configuration.log] in
            log(.warning, "stopped at once")
            exitProcess(130)
        }
        await server.stop()
        signals.restore()
    }

    /// Starts to serve, and returns: for tests, and for programs that do other things as well.
    ///
    /// - Throws: ``RegistrationErrors`` or `SocketError`.
    public func start() throws -> RunningServer { try start(configuration) }

    /// Starts to serve as ``start()`` does, but as another configuration has it where sockets and loops are concerned.
    package func start(_ configuration: ServerConfiguration) throws -> RunningServer {
        let service = try makeService()
        let group = try LoopGroup(configuration.loops)
        do {
            let server = try RunningServer(service: service, group: group, configuration: configuration)
            server.join(metrics, serverBoard)
            return server
        } catch {
            group.shutdown()
            throw error
        }
    }
}

import ApusDashboard
import ApusHTTP
public import ApusNet
import ApusRuntime

/// The admin listener of a running server: an application of its own on a loop of its own. Any thread may hold it.
final class AdminServer: Sendable {
    private let server: RunningServer
    private let hub: EventHub

    /// Opens it.
    ///
    /// - Throws: ``AdminError``, `SocketError`.
    init(_ options: AdminOptions, for observed: RunningServer, _ application: Application) throws {
        if let mistake = options.mistake { throw mistake }
        var configuration = ServerConfiguration(host: options.host, port: options.port)
        configuration.listeners[0].name = "admin"
        configuration.loops = LoopGroup.Options(loops: 1, log: observed.configuration.log)
        configuration.listen.unixMode = 0o600
        configuration.listen.reusePort = false
        // One address can't take them all from the operator, nor can one who keeps silent.
        configuration.listen.admission = .init(connections: 256, connectionsPerAddress: 48)
        configuration.limits.headTimeout = .seconds(5)
        configuration.limits.body = 64 << 10
        configuration.takesOverSockets = false
        configuration.log = observed.configuration.log
        let group = try LoopGroup(configuration.loops)
        let loop = group.loops[0]
        // One who reads slowly gets the newest, and is let go when he reads nothing at all.
        hub = EventHub(EventOptions(slowClients: .dropOldest, mostWaiting: 16, retry: .seconds(2)))
        let sampler = DashboardSampler(observed, on: loop, hub)
        let dashboard = Dashboard(
            options: options, server: observed, sampler: LoopBound(sampler, to: loop), loop: loop)
        do {
            let admin = Application(configuration)
            dashboard.register(on: admin)
            server = try RunningServer(
                service: try admin.makeService(), group: group, configuration: configuration, administering: observed)
        } catch {
            group.shutdown()
            throw error
        }
        sampler.listen(to: observed)
        let start = LoopBound(sampler, to: loop)
        loop.execute { _ in start.value.start() }
    }

    var address: SocketAddress { server.address }

    /// What is handed over with the server's own.
    var listeners: [OpenListener] { server.listeners }
    var places: [String] { server.places }

    /// Where a browser goes.
    var place: String { server.listeners[0].place + (address.port == nil ? "" : "/") }

    /// Ends it. Not from its own loop.
    func close() {
        hub.close()
        server.stopNow()
    }
}

extension RunningServer {
    /// Where the admin listener is, with the port that the system chose when 0 was asked for; nil when there is none.
    public var adminAddress: SocketAddress? { admin.withLock { $0 }?.address }

    /// Where a browser goes; nil when there is no admin listener.
    var dashboardPlace: String? { admin.withLock { $0 }?.place }

    func open(_ options: AdminOptions, of application: Application) throws {
        let opened = try AdminServer(options, for: self, application)
        admin.withLock { $0 = opened }
    }

    func closeAdmin() {
        link?.close()
        let open = admin.withLock { admin in
            defer { admin = nil }
            return admin
        }
        open?.close()
    }
}

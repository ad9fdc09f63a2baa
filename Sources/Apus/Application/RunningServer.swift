public import ApusNet
public import ApusPool
public import ApusRuntime
import CSystem
import Synchronization

/// An application that serves. Any thread may use it.
public final class RunningServer: Sendable {
    /// The loops it runs on.
    public let group: LoopGroup
    /// The pools of its connections, one for each listener and protocol: `http:http`, `https:http2` and so on. See
    /// `PoolRegistry`.
    public var pools: PoolRegistry { listeners[0].service.pools }
    let listeners: [OpenListener]
    let configuration: ServerConfiguration
    /// The configuration in force, when it was made of one.
    let source: Lock<ConfigurationSource?>
    /// What another process has handed over.
    let inheritance: SocketInheritance?
    /// The way to the master, of one of several workers.
    let link: WorkerLink?
    /// What it shares with the other workers.
    let secrets: WorkerSecrets?
    /// Where the listeners are, by the names that processes hand them over by.
    let places: [String]
    /// Who has started this process, and wants to know how it fares.
    let serviceManager = ServiceManager()
    /// Held while a configuration is taken over.
    let updates = Lock(())
    /// What the loops say of themselves.
    let board: LoopFigureBoard
    /// How far it is in its life.
    let life = ServerLife()
    /// When it began, in nanoseconds of the monotonic clock.
    let began = apus_monotonic_nanoseconds()
    /// Who is told what happens to it.
    let lifecycle = LifecycleListeners()
    /// How it is drained, as the configuration in force has it.
    let plan: Lock<DrainPlan>
    /// The admin listener, once it is open.
    let admin = Lock<AdminServer?>(nil)
    private let shown = Mutex<(metrics: Metrics, id: Int, servers: ServerBoard)?>(nil)

    /// Opens the listeners.
    ///
    /// - Parameters:
    ///   - service: What answers.
    ///   - group: The loops.
    ///   - configuration: The rest.
    ///   - other: The server whose admin listener this is: what was handed over to it is for both.
    ///   - given: The way to a master that nothing was handed over by.
    init(
        service: Service, group: LoopGroup, configuration: ServerConfiguration,
        administering other: RunningServer? = nil, link given: WorkerLink? = nil
    ) throws {
        self.group = group
        self.configuration = configuration
        source = Lock(configuration.source)
        plan = Lock(configuration.drainPlan)
        board = LoopFigureBoard(group)
        precondition((1...255).contains(configuration.listeners.count), "an application has 1 to 255 listeners")
        if let other {
            inheritance = other.inheritance
            link = nil
            places = configuration.listeners.map { AdminOptions.place(host: $0.host, port: $0.port) }
        } else {
            inheritance = try configuration.takesOverSockets ? SocketInheritance.take() : nil
            places = configuration.places
            link = inheritance?.takeLink() ?? given
        }
        do {
            secrets = try inheritance?.takeSecrets()
            listeners = try Self.open(service, group, configuration, places, inheritance, secrets)
        } catch {
            inheritance?.fail("\(error)")
            throw error
        }
        service.pools.startWatching(on: group.loops[0])
    }

    private static func open(
        _ service: Service, _ group: LoopGroup, _ configuration: ServerConfiguration, _ places: [String],
        _ inheritance: SocketInheritance?, _ secrets: WorkerSecrets?
    ) throws -> [OpenListener] {
        let activated = configuration.takesOverSockets && inheritance == nil ? InheritedSockets.take() : []
        var open: [OpenListener] = []
        do {
            for (index, wanted) in configuration.listeners.enumerated() {
                #if TLS
                    let listener = try wanted.completed(by: secrets, at: places[index], log: configuration.log)
                #else
                    let listener = wanted
                #endif
                var inherited = InheritedListener()
                if let inheritance {
                    inherited = InheritedListener(descriptors: inheritance.claim(places[index]), isHeld: true)
                } else if index < activated.count {
                    inherited.descriptors = [activated[index]]
                }
                try open.append(
                    OpenListener(listener, service, group, configuration, at: UInt8(index), takingOver: inherited))
            }
        } catch {
            for listener in open { listener.server.stopAccepting() }
            throw error
        }
        return open
    }

    /// Accepts, when that has waited for another process to stop: see ``HandoverMessage``. Blocks for the other process.
    ///
    /// - Throws: ``HandoverError``, when that calls it off.
    func beginServing() throws(HandoverError) {
        if let inheritance {
            do throws(HandoverError) {
                try link?.begin(self)
            } catch {
                inheritance.fail("\(error)")
                throw error
            }
            try inheritance.ready()
            for listener in allListeners {
                if inheritance.worker == nil { listener.server.adoptFile() }
                listener.server.resumeAccepting()
            }
            inheritance.serving()
        }
        serviceManager.tell(.ready)
        serviceManager.watch(group)
    }

    /// The listeners, and that of the dashboard.
    var allListeners: [OpenListener] { listeners + (admin.withLock { $0 }?.listeners ?? []) }

    /// What its listeners serve, each once.
    var services: [Service] {
        var services: [Service] = []
        for open in listeners where !services.contains(where: { $0 === open.service }) { services.append(open.service) }
        return services
    }

    /// The address of the first listener, with the port that the system chose when 0 was asked for.
    public var address: SocketAddress { listeners[0].server.address }

    /// The addresses of all listeners, in the order of ``ServerConfiguration/listeners``.
    public var addresses: [SocketAddress] { listeners.map(\.server.address) }

    /// One line for an operator: where the server listens and what it speaks there, on how many loops, by which driver.
    public var greeting: String {
        let places = listeners.map(\.place).joined(separator: ", ")
        let count = group.loops.count
        return "serving on \(places) with \(count) \(count == 1 ? "loop" : "loops") (\(group.driver))"
    }

    /// Connections that are open.
    public var connectionCount: Int { listeners.reduce(0) { $0 + $1.server.admission.admitted } }

    /// How often clients broke the rules of HTTP/2 or flooded, by kind.
    public var http2Counts: HTTP2Counts {
        var counts = HTTP2Counts()
        for service in services { counts.add(service.http2Counts.counts) }
        return counts
    }

    #if TLS
        /// Has every listener of `https` read its certificates, keys, revocations and ticket keys again, as SIGHUP is
        /// usually understood: new connections get them, and none that is open is dropped. Files that changed are noticed
        /// without it some seconds later.
        ///
        /// What is wrong with a file is told in the log; its listener goes on with what it had. The files are read on the
        /// process-wide work-stealing pool. Any thread or loop.
        ///
        /// - Returns: Whether all of them were read and are served from now on; true when nothing speaks TLS.
        @discardableResult
        public func reloadCertificates() async -> Bool {
            let reloaders = listeners.compactMap(\.reloader)
            do {
                return try await offload { reloaders.reduce(true) { $1.reload() && $0 } }
            } catch {
                configuration.log(.error, "the certificates were not read again: \(error)")
                return false
            }
        }
    #endif
    /// How often each limit of ``ServerLimits`` was exceeded, by clients or by handlers; those that never were are left out.
    /// Any thread.
    public var limitCounts: [LimitKind: Int] {
        var found: [LimitKind: Int] = [:]
        for service in services {
            for kind in LimitKind.allCases where service.limitCounts.value(kind) > 0 {
                found[kind, default: 0] += service.limitCounts.value(kind)
            }
        }
        return found
    }

    /// Shows what it counts among an application's metrics until it ends.
    func join(_ metrics: Metrics, _ servers: ServerBoard) {
        let id = metrics.addSource { [weak self] in self?.collect(into: &$0) }
        servers.add(board, link)
        shown.withLock { $0 = (metrics, id, servers) }
    }

    /// The metrics that it is shown among.
    var shownMetrics: Metrics? { shown.withLock { $0?.metrics } }

    /// The loops end, and answer no more; what was counted can be read as long as the server is kept.
    func leaveBoard() {
        let shown = self.shown.withLock { $0 }
        shown?.servers.remove(board, link)
    }

    deinit {
        leaveBoard()
        let shown = self.shown.withLock { $0 }
        shown?.metrics.removeSource(shown?.id ?? 0)
    }

    /// Stops at once: connections are cut. A drain that is under way waits for nothing any more, and ends the loops
    /// itself. Not from a loop of the group.
    public func stopNow() {
        guard life.beginDraining() else { return life.hurry() }
        for listener in listeners { listener.server.stopAccepting() }
        let cut = connectionCount
        closeAdmin()
        leaveBoard()
        group.shutdown()
        lifecycle.end()
        life.end(DrainReport(finished: 0, cut: cut, elapsed: .zero))
    }
}

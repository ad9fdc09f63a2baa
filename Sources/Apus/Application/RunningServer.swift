public import ApusNet
public import ApusPool
public import ApusRuntime
import Synchronization

/// An application that serves. Any thread may use it.
public final class RunningServer: Sendable {
    /// The loops it runs on.
    public let group: LoopGroup
    /// The pools of its connections, one for each listener and protocol: `http:http`, `https:http2` and so on. See
    /// ``PoolRegistry``.
    public var pools: PoolRegistry { listeners[0].service.pools }
    let listeners: [OpenListener]
    let configuration: ServerConfiguration
    /// The configuration in force, when it was made of one.
    let source: Lock<ConfigurationSource?>
    /// What the loops say of themselves.
    let board: LoopFigureBoard
    /// The admin listener, once it is open.
    let admin = Lock<AdminServer?>(nil)
    private let shown = Mutex<(metrics: Metrics, id: Int, servers: ServerBoard)?>(nil)

    init(service: Service, group: LoopGroup, configuration: ServerConfiguration) throws {
        self.group = group
        self.configuration = configuration
        source = Lock(configuration.source)
        board = LoopFigureBoard(group)
        precondition((1...255).contains(configuration.listeners.count), "an application has 1 to 255 listeners")
        let inherited = configuration.takesOverSockets ? InheritedSockets.take() : []
        var open: [OpenListener] = []
        do {
            for (index, listener) in configuration.listeners.enumerated() {
                let descriptor = index < inherited.count ? inherited[index] : nil
                try open.append(
                    OpenListener(
                        listener, service, group, configuration, at: UInt8(index), takingOver: descriptor))
            }
        } catch {
            for listener in open { listener.server.stopAccepting() }
            throw error
        }
        listeners = open
        service.pools.startWatching(on: group.loops[0])
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
    public var http2Counts: HTTP2Counts { listeners[0].service.http2Counts.counts }

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
        let counts = listeners[0].service.limitCounts
        var found: [LimitKind: Int] = [:]
        for kind in LimitKind.allCases where counts.value(kind) > 0 { found[kind] = counts.value(kind) }
        return found
    }

    /// Shows what it counts among an application's metrics until it ends.
    func join(_ metrics: Metrics, _ servers: ServerBoard) {
        let id = metrics.addSource { [weak self] in self?.collect(into: &$0) }
        servers.add(board)
        shown.withLock { $0 = (metrics, id, servers) }
    }

    /// The loops end, and answer no more; what was counted can be read as long as the server is kept.
    private func leaveBoard() {
        let shown = self.shown.withLock { $0 }
        shown?.servers.remove(board)
    }

    deinit {
        leaveBoard()
        let shown = self.shown.withLock { $0 }
        shown?.metrics.removeSource(shown?.id ?? 0)
    }

    /// Stops at once: connections are cut. Not from a loop of the group.
    public func stopNow() {
        for listener in listeners { listener.server.stopAccepting() }
        closeAdmin()
        leaveBoard()
        group.shutdown()
    }

    /// Stops: is not ready from now on, and after ``ServerConfiguration/drainDelay`` takes no new connections; requests in flight finish within the drain timeout; what is left is cut; the loops
    /// end. Not from a loop of the group.
    public func stop() async {
        for listener in listeners { listener.service.isStopping.store(true, ordering: .relaxed) }
        if configuration.drainDelay > .zero {
            await Drain.wait(until: { false }, atMost: configuration.drainDelay, on: group.loops[0])
        }
        for listener in listeners { listener.server.stopAccepting() }
        for loop in group.loops {
            loop.execute { [listeners] loop in
                for listener in listeners { ServerLoop.of(listener.service, on: loop).drain() }
            }
        }
        await Drain.wait(until: { self.connectionCount == 0 }, atMost: configuration.drainTimeout, on: group.loops[0])
        if connectionCount > 0 {
            configuration.log(.warning, "\(connectionCount) connections were cut after \(configuration.drainTimeout)")
        }
        closeAdmin()
        leaveBoard()
        group.shutdown()
    }
}

/// Waits for something that several loops bring about.
enum Drain {
    static func wait(until isDone: @escaping @Sendable () -> Bool, atMost limit: Duration, on loop: EventLoop) async {
        let deadline = ContinuousClock.now + limit
        await withCheckedContinuation { continuation in
            look(isDone, deadline, loop) { continuation.resume() }
        }
    }

    private static func look(
        _ isDone: @escaping @Sendable () -> Bool, _ deadline: ContinuousClock.Instant, _ loop: EventLoop,
        _ done: @escaping @Sendable () -> Void
    ) {
        if isDone() || ContinuousClock.now >= deadline { return done() }
        // The deadline is the system's; a loop of a test, where time stands still, goes on looking.
        if loop.hasManualTime { return loop.execute { loop in look(isDone, deadline, loop, done) } }
        loop.schedule(after: .milliseconds(5)) { loop in look(isDone, deadline, loop, done) }
    }
}

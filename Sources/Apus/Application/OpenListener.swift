import ApusHTTP
import ApusNet
import ApusPool
import ApusRuntime

/// Sockets that a listener takes over from another process.
struct InheritedListener: Sendable {
    /// None when the listener is to open its own.
    var descriptors: [CInt] = []
    /// Whether connections stay in the backlog until the other process has stopped to accept.
    var isHeld = false
}

/// A listener that accepts: the sockets of one ``ServerListener``, and the service behind them.
struct OpenListener: Sendable {
    let server: StreamServer
    let service: Service
    let listener: ServerListener
    /// What governs and counts its connections.
    let pools: ListenerPools
    #if TLS
        /// Where the certificates come from, of one that speaks TLS.
        private(set) var reloader: TLSReloader?
    #endif

    /// Binds and listens, or takes a socket over.
    ///
    /// - Parameters:
    ///   - index: Its place among the listeners.
    ///   - inherited: What there is to be taken over.
    /// - Throws: `SocketError`, `TLSConfigurationErrors`, or `PoolConfigurationError`.
    init(
        _ listener: ServerListener, _ application: Service, _ group: LoopGroup, _ configuration: ServerConfiguration,
        at index: UInt8, takingOver inherited: InheritedListener
    ) throws {
        self.listener = listener
        var service = application
        if case .redirect(let port) = listener.kind { service = .redirecting(to: port, like: application) }
        self.service = service
        try listener.pools.validate()
        let pools = ListenerPools(
            service.pools, name: listener.name, isSecure: listener.isSecure, limits: service.limits,
            settings: listener.pools)
        self.pools = pools
        var options = configuration.listen
        options.onRefusal = { loop, isByAddress in pools.turnedAway(isByAddress ? .address : .limit, on: loop) }
        #if TLS
            if case .https(let tls) = listener.kind {
                // Certificates that are replaced on disk serve new connections some seconds later.
                let reloader = try TLSReloader(tls, log: configuration.log)
                reloader.watchFiles(on: group.loops[0])
                self.reloader = reloader
                var listening = TLSListening(.reloaded(reloader))
                listening.usesWorkStealingPool = listener.handshakesOffLoops
                listening.usesKernelTLS = listener.usesKernelTLS
                listening.handshakeTimeout = listener.handshakeTimeout
                listening.concurrentHandshakes = listener.concurrentHandshakes
                let serve: @Sendable (EventLoop, String?) -> any ConnectionHandler = { [service, pools] loop, agreed in
                    ServerLoop.of(service, on: loop).handler(speaking: agreed, on: index, in: pools)
                }
                if !inherited.descriptors.isEmpty {
                    server = try StreamServer.listen(
                        takingOver: inherited.descriptors, isHeld: inherited.isHeld, group: group,
                        options: options, tls: listening, makeHandler: serve)
                } else {
                    server = try StreamServer.listen(
                        on: Self.address(of: listener), group: group, options: options, tls: listening,
                        makeHandler: serve)
                }
                return
            }
        #endif
        let serve: @Sendable (EventLoop) -> any ConnectionHandler = { [service, pools] loop in
            ServerLoop.of(service, on: loop).handler(speaking: nil, on: index, in: pools)
        }
        if !inherited.descriptors.isEmpty {
            server = try StreamServer.listen(
                takingOver: inherited.descriptors, isHeld: inherited.isHeld, group: group,
                options: options, refusal: Self.refusal, makeHandler: serve)
        } else {
            server = try StreamServer.listen(
                on: Self.address(of: listener), group: group, options: options, refusal: Self.refusal,
                makeHandler: serve)
        }
    }

    /// What a client above a limit is told.
    private static let refusal = Array(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)

    private static func address(of listener: ServerListener) throws(SocketError) -> SocketAddress {
        guard let address = SocketAddress(host: listener.host, port: listener.port) else {
            throw .unknownHost(listener.host)
        }
        return address
    }

    /// The address as a client writes it.
    var place: String {
        let address = server.address
        guard address.port != nil else { return "\(address)" }
        #if TLS
            if case .https = listener.kind { return "https://\(address)" }
        #endif
        return "http://\(address)"
    }
}

extension Service {
    /// A service that answers everything with a redirect to the same place by `https`.
    static func redirecting(to port: UInt16, like other: Service) -> Service {
        // No route, so every request becomes an error, and every error that a route would not have been one.
        let tree = RouteTree.Builder(trailingSlash: .strict).build()
        let observation = other.observation.flatMap {
            Observation(
                metrics: $0.metrics.map { _ in RequestMetrics([]) }, logs: $0.logs, observers: $0.observers,
                keepsSlowest: $0.keepsSlowest)
        }
        return Service(
            tree: tree, routes: [], limits: other.limits, listeners: other.listeners, gateways: other.gateways,
            observation: observation,
            pools: other.pools
        ) { error, context in
            guard (error as? HTTPError)?.status == .notFound, let place = secure(context.authority, port) else {
                return ErrorPage.response(to: error, context)
            }
            return .redirect(to: "https://" + place + context.originTarget, .permanentRedirect)
        }
    }

    /// The authority with another port; nil when there is none.
    static func secure(_ authority: String, _ port: UInt16) -> String? {
        var host = authority[...]
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") { host = host[..<colon] }
        guard !host.isEmpty else { return nil }
        return port == 443 ? String(host) : "\(host):\(port)"
    }
}

extension Context {
    /// Path and query as they were sent, of whatever form the target was.
    fileprivate var originTarget: String {
        let path = head.path.of(bytes)
        var target = path.byteCount == 0 ? "/" : String(copyingLatin1OrUTF8: path)
        if head.hasQuery { target += "?" + String(copyingLatin1OrUTF8: head.query.of(bytes)) }
        return target
    }
}

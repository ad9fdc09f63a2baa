import ApusHTTP
import ApusPool
import ApusRuntime
import Synchronization

/// An application ready to serve: its routes in a tree, composed with their middleware. It never changes, so every
/// loop reads it without a lock.
@safe final class Service: Sendable {
    let tree: RouteTree
    let routes: [Route]
    /// The same, not counted: the service keeps them, and outlives every request.
    private let references: [Unmanaged<Route>]
    let limits: ServerLimits
    /// The pools of the connections that it serves.
    let pools: PoolRegistry
    /// How often clients broke the rules of HTTP/2.
    let http2Counts = HTTP2CountTable()
    let errorResponse: @Sendable (any Error, Context) -> Response
    /// How often a limit was exceeded.
    let limitCounts = LimitCountTable()
    /// Whether the server was asked to stop.
    let isStopping = Atomic<Bool>(false)
    /// Who wants to know what becomes of requests; nil is nobody.
    let observation: Observation?
    /// The adaptive limits around its routes.
    let adaptiveGates: [AdaptiveGate]
    /// The names of the application's listeners.
    let listeners: [String]
    /// What answers where there is no route, when middleware stands around it.
    let unmatched: Route?
    /// The proxies in front of the whole application, which may undo TLS.
    let gateways: [TrustedProxies]
    /// The place of the route for `CONNECT host:port`, where there is one.
    let authorityRoute: Int?
    /// Whether there are routes that a request with Upgrade may be for.
    let takesUpgrades: Bool
    /// Whether some listener takes requests before the handshake is done (0-RTT).
    let takesEarlyData: Bool

    init(
        tree: RouteTree, routes: [Route], limits: ServerLimits, listeners: [String], unmatched: Route? = nil,
        gateways: [TrustedProxies] = [], takesEarlyData: Bool = false, observation: Observation?,
        pools: PoolRegistry = PoolRegistry(), adaptiveGates: [AdaptiveGate] = [],
        errorResponse: @escaping @Sendable (any Error, Context) -> Response
    ) {
        self.tree = tree
        self.routes = routes
        unsafe references = routes.map { unsafe .passUnretained($0) }
        authorityRoute = routes.firstIndex { $0.tunnel == .authority }
        takesUpgrades = !tree.tunnelMethods.isEmpty
        self.limits = limits
        self.errorResponse = errorResponse
        self.listeners = listeners
        self.unmatched = unmatched
        self.gateways = gateways
        self.takesEarlyData = takesEarlyData
        self.observation = observation
        self.pools = pools
        self.adaptiveGates = adaptiveGates
    }

    @inline(__always) func reference(_ index: Int) -> Unmanaged<Route> { unsafe references[index] }
}

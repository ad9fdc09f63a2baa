import ApusHTTP
import Synchronization

/// A server application: routes, what stands around them, and how it runs.
///
/// ```swift
/// import Apus
///
/// let app = Application()
/// app.get("/") { _ in "Hello, World!" }
/// app.get("/users/:id") { context in "user \(try context.parameters.require("id", as: Int.self))" }
/// try await app.run()
/// ```
///
/// Routes are registered before it runs; a mistake in one is told, with all others, when it starts. Any thread may
/// use an application.
public final class Application: Sendable, Routes {
    /// A route as it was registered, before the tree is built.
    struct Draft: Sendable {
        var method: HTTPMethod
        var pattern: String
        var place: SourcePlace
        var options: RouteOptions
        var handler: RouteHandler
        var tunnel: TunnelKind?
    }

    struct Setup: Sendable {
        var drafts: [Draft] = []
        var middleware: [any Middleware] = []
        var accessLogs: [AccessLog] = []
        var observers: [@Sendable (ServedRequest) -> Void] = []
        var measuresRequests = false
        var errorResponse: @Sendable (any Error, Context) -> Response = { ErrorPage.response(to: $0, $1) }
    }

    /// How the application serves.
    public let configuration: ServerConfiguration
    /// The numbers that the application shows at ``Routes/serveMetrics(at:)``: its own, and, once that is asked for, those
    /// of the server. Any thread.
    public let metrics = Metrics()
    let serverBoard = ServerBoard()
    let setup: Mutex<Setup>

    /// An application without routes.
    public init(_ configuration: ServerConfiguration = ServerConfiguration()) {
        self.configuration = configuration
        setup = Mutex(Setup())
    }

    /// Itself.
    public var application: Application { self }
    /// Nothing: patterns are whole paths.
    public var prefix: String { "" }
    /// None: what `use` adds stands around all routes anyway.
    public var middleware: [any Middleware] { [] }
    /// The application's settings.
    public var options: RouteOptions { RouteOptions() }

    /// Adds middleware around all routes, registered before or after, but for those that are ``RouteOptions/isBare``; the
    /// first added is outermost. It stands around what is answered where there is no route, too: 404, 405, 501.
    public func use(_ middleware: any Middleware...) { use(middleware) }

    /// Adds a list of middleware around all routes, the first outermost.
    public func use(_ middleware: [any Middleware]) {
        setup.withLock { $0.middleware += middleware }
    }

    /// Adds middleware made of a closure around all routes.
    public func use(_ body: @escaping @Sendable (Context, Next) async throws -> Response) {
        use(ClosureMiddleware(body: body))
    }

    /// Replaces the function that makes responses of errors: those that handlers throw, and the server's own (404,
    /// 405, 400…). It is called on the loop.
    public func onError(_ respond: @escaping @Sendable (any Error, Context) -> Response) {
        setup.withLock { $0.errorResponse = respond }
    }

    func register(
        _ method: HTTPMethod, _ pattern: String, _ place: SourcePlace, _ options: RouteOptions, _ handler: RouteHandler,
        tunnel: TunnelKind? = nil
    ) {
        setup.withLock {
            $0.drafts.append(
                Draft(
                    method: method, pattern: pattern, place: place, options: options, handler: handler, tunnel: tunnel))
        }
    }

    /// The routes as they would be served, in the order of registration.
    ///
    /// - Throws: ``RegistrationErrors``, all mistakes at once.
    public func routes() throws(RegistrationErrors) -> [Route] { try makeService().routes }

    func makeService() throws(RegistrationErrors) -> Service {
        let setup = self.setup.withLock { $0 }
        var builder = RouteTree.Builder(trailingSlash: configuration.trailingSlash)
        var routes: [Route] = []
        var errors: [RouteError] = []
        for draft in setup.drafts {
            do throws(RouteError) {
                let pattern = try draft.insert(into: &builder, behind: routes)
                let outer = draft.options.isBare ? [] : setup.middleware
                routes.append(
                    Route(
                        method: draft.method, pattern: pattern, place: draft.place,
                        handler: draft.handler.composed(inside: outer), options: draft.options,
                        index: routes.count, cors: draft.handler.cors(inside: outer), tunnel: draft.tunnel))
            } catch {
                var error = error
                error.place = draft.place
                errors.append(error)
            }
        }
        guard errors.isEmpty else { throw RegistrationErrors(errors: errors) }
        let isAdministered = configuration.admin != nil
        let unmatched = setup.middleware.isEmpty ? nil : try? Route.unmatched(inside: setup.middleware)
        return Service(
            tree: builder.build(), routes: routes, limits: configuration.limits,
            listeners: configuration.listeners.map(\.name), unmatched: unmatched,
            gateways: setup.middleware.compactMap { $0 as? TrustedProxies },
            takesEarlyData: configuration.listeners.contains(where: \.takesEarlyData),
            observation: Observation(
                metrics: setup.measuresRequests || isAdministered ? RequestMetrics(routes) : nil,
                logs: setup.accessLogs, observers: setup.observers, keepsSlowest: isAdministered),
            adaptiveGates: AdaptiveGate.all(
                among: setup.middleware + setup.drafts.flatMap(\.handler.middleware)),
            errorResponse: setup.errorResponse)
    }
}

/// Everything that is wrong with an application's routes.
public struct RegistrationErrors: Error, Sendable, CustomStringConvertible {
    /// The mistakes, in the order of registration.
    public let errors: [RouteError]

    /// A line for each, with its place in the source and what to do.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}

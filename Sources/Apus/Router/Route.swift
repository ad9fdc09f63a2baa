public import ApusHTTP

/// A registered route: what it answers, with what, and where it was written.
public final class Route: Sendable {
    /// The request method.
    public let method: HTTPMethod
    /// The paths it answers; its description is the template for logs and metrics: `/users/:id`.
    public let pattern: RoutePattern
    /// Where it was registered.
    public let place: SourcePlace
    /// The protocol of the tunnels that it opens at its paths; nil for a route of any other kind.
    public var connectProtocol: String? { if case .named(let name) = tunnel { name } else { nil } }
    // One of the two is the handler. The first is never nil, so that a call need not unwrap it, which counts a reference.
    private let synchronous: @Sendable (Context) throws -> Void
    let asynchronous: (@Sendable (Context) async throws -> Void)?
    /// What differs from the application's settings for this route.
    let options: RouteOptions
    /// Its place among the routes of the application.
    let index: Int
    /// Whether it is registered for HEAD itself.
    let isForHead: Bool
    /// Whether those who observe are told of its requests.
    let isObserved: Bool
    /// What the innermost middleware around it says of other origins.
    let cors: CORS?
    /// What kind of tunnel it opens; nil for a route of any other kind.
    let tunnel: TunnelKind?
    /// Whether it is no route of the application's, but what answers where none was found.
    let isUnmatched: Bool

    /// What answers where no route was found, inside the middleware of the application.
    static func unmatched(inside middleware: [any Middleware]) throws(RouteError) -> Route {
        let handler = RouteHandler(
            middleware: [],
            kind: .synchronous(
                { context in context.send(try context.answerUnmatched()) },
                { context in try context.answerUnmatched() }))
        return try Route(
            method: .get, pattern: RoutePattern("/**"), place: SourcePlace(),
            handler: handler.composed(inside: middleware), options: RouteOptions(), index: 0, isUnmatched: true)
    }

    init(
        method: HTTPMethod, pattern: RoutePattern, place: SourcePlace, handler: Handler, options: RouteOptions,
        index: Int, cors: CORS? = nil, tunnel: TunnelKind? = nil, isUnmatched: Bool = false
    ) {
        self.index = index
        self.cors = cors
        self.tunnel = tunnel
        self.isUnmatched = isUnmatched
        isForHead = method == .head
        isObserved = options.isObserved
        self.method = method
        self.pattern = pattern
        self.place = place
        switch handler {
        case .synchronous(let call): (synchronous, asynchronous) = (call, nil)
        case .asynchronous(let call): (synchronous, asynchronous) = ({ _ in }, call)
        }
        isSynchronous = asynchronous == nil
        self.options = options
    }

    /// Whether the handler is called inline, between the bytes that arrive and those that leave.
    public let isSynchronous: Bool

    /// Calls a synchronous handler, in place.
    @inline(__always) func call(_ context: Context) throws { try synchronous(context) }
}

/// What a route may set otherwise than the application.
public struct RouteOptions: Sendable {
    /// The most bytes of content; nil is the application's limit.
    public var bodyLimit: Int?
    /// How long an asynchronous handler may take until its response begins; nil is the application's.
    public var timeout: Duration?
    /// Whether content must come with its length: one in chunks gets 411 Length Required, before anything of it is
    /// read, and the connection ends (RFC 9110, 15.5.12). For a handler that sets room aside by ``RequestBody/announcedLength``.
    public var requiresLength: Bool
    /// Whether its requests are measured, logged and told to those who observe. Default true; a route that is asked for all
    /// the time by a machine, and is of no interest, need not be.
    public var isObserved: Bool
    /// Whether the application's own middleware (`use`) is left out around it; that of its groups is not. Default false. For
    /// a route to be measured, and for one that a machine asks all the time.
    public var isBare: Bool

    /// The application's settings, but for what is given.
    public init(
        bodyLimit: Int? = nil, timeout: Duration? = nil, requiresLength: Bool = false, isObserved: Bool = true,
        isBare: Bool = false
    ) {
        self.bodyLimit = bodyLimit
        self.timeout = timeout
        self.requiresLength = requiresLength
        self.isObserved = isObserved
        self.isBare = isBare
    }
}

/// A handler with its middleware, in the form that a connection calls.
enum Handler: Sendable {
    case synchronous(@Sendable (Context) throws -> Void)
    case asynchronous(@Sendable (Context) async throws -> Void)
}

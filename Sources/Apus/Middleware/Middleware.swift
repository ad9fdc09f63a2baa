/// What stands around handlers: it sees the context before, and the response after them, and may answer itself.
///
/// ```swift
/// struct Timed: Middleware {
///     func handle(_ context: Context, next: Next) async throws -> Response {
///         let start = ContinuousClock.now
///         var response = try await next(context)
///         response.fields[.init("Server-Timing")!] = "app;dur=\((ContinuousClock.now - start) / .milliseconds(1))"
///         return response
///     }
/// }
/// ```
///
/// A handler under middleware that only has this form runs on a task even when it is synchronous itself; see
/// ``SynchronousMiddleware`` for the other. A handler without middleware pays nothing for it.
public protocol Middleware: Sendable {
    /// Answers, most often by what `next` answers. Runs on the connection's loop.
    func handle(_ context: Context, next: Next) async throws -> Response
}

/// Middleware that never needs to wait, and leaves synchronous handlers inline.
public protocol SynchronousMiddleware: Middleware {
    /// Called before the handler; a response given here is the answer, and the handler isn't called.
    func before(_ context: Context) throws -> Response?
    /// Called with the response of what is inside, to change it.
    func after(_ response: inout Response, _ context: Context) throws
    /// Called with the error of what is inside; gives a response, or throws (by default the same error).
    func recover(_ error: any Error, _ context: Context) throws -> Response
}

extension SynchronousMiddleware {
    /// Lets the request pass.
    public func before(_ context: Context) throws -> Response? { nil }
    /// Leaves the response as it is.
    public func after(_ response: inout Response, _ context: Context) throws {}
    /// Throws the error on.
    public func recover(_ error: any Error, _ context: Context) throws -> Response { throw error }

    /// The same around asynchronous handlers.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        if let response = try before(context) { return response }
        var response: Response
        do { response = try await next(context) } catch { return try recover(error, context) }
        try after(&response, context)
        return response
    }

    func handle(_ context: Context, next: (Context) throws -> Response) throws -> Response {
        if let response = try before(context) { return response }
        var response: Response
        do { response = try next(context) } catch { return try recover(error, context) }
        try after(&response, context)
        return response
    }
}

/// Middleware that looks at requests only: it may answer in the handler's place, and what it adds to answers it gives to
/// the context beforehand (``Context/add(_:)``, ``Context/responseFields``).
///
/// Where all middleware around a handler is of this kind, the handler's answer is written as it would be without any.
/// Of ``SynchronousMiddleware`` only `before` is called.
///
/// ```swift
/// struct NoFrames: RequestMiddleware {
///     let block = FieldBlock([.xFrameOptions: "DENY"])
///
///     func before(_ context: Context) -> Response? {
///         context.add(block)
///         return nil
///     }
/// }
/// ```
public protocol RequestMiddleware: SynchronousMiddleware {}

/// What is inside a middleware: the next one, or the handler.
public struct Next: Sendable {
    let call: @Sendable (Context) async throws -> Response

    /// Answers with what is inside.
    public func callAsFunction(_ context: Context) async throws -> Response { try await call(context) }
}

/// Middleware made of a closure.
struct ClosureMiddleware: Middleware {
    let body: @Sendable (Context, Next) async throws -> Response

    func handle(_ context: Context, next: Next) async throws -> Response { try await body(context, next) }
}

/// A handler as it was registered, and the middleware around it.
struct RouteHandler: Sendable {
    enum Kind: Sendable {
        case synchronous(@Sendable (Context) throws -> Void, @Sendable (Context) throws -> Response)
        case asynchronous(@Sendable (Context) async throws -> Void, @Sendable (Context) async throws -> Response)
    }

    var middleware: [any Middleware]
    var kind: Kind

    /// The handler inside `outer` and its own middleware, in the form that is called.
    func composed(inside outer: [any Middleware]) -> Handler {
        let whole = outer + middleware
        // What only looks at requests and stands outside of all else needs no response.
        let lookers = whole.prefix { $0 is any RequestMiddleware }.compactMap { $0 as? any RequestMiddleware }
        let inner = composed(Array(whole.dropFirst(lookers.count)))
        guard let watch = lookers.watch else { return inner }
        switch inner {
        case .synchronous(let answer):
            return .synchronous { context in if try watch.lets(context) { try answer(context) } }
        case .asynchronous(let answer):
            return .asynchronous { context in if try watch.lets(context) { try await answer(context) } }
        }
    }

    /// What the innermost of all middleware around the handler says of other origins.
    func cors(inside outer: [any Middleware]) -> CORS? {
        (outer + middleware).reversed().lazy.compactMap { $0 as? CORS }.first
    }

    private func composed(_ all: [any Middleware]) -> Handler {
        switch kind {
        case .synchronous(let answer, let respond):
            if all.isEmpty { return .synchronous(answer) }
            let synchronous = all.compactMap { $0 as? any SynchronousMiddleware }
            guard synchronous.count == all.count else { return Self.compose(all) { context in try respond(context) } }
            var chain = respond
            for middleware in synchronous.reversed() {
                let inner = chain
                chain = { context in try middleware.handle(context, next: inner) }
            }
            let whole = chain
            return .synchronous { context in context.send(try whole(context)) }
        case .asynchronous(let answer, let respond):
            return all.isEmpty ? .asynchronous(answer) : Self.compose(all, respond)
        }
    }

    private static func compose(
        _ all: [any Middleware], _ respond: @escaping @Sendable (Context) async throws -> Response
    ) -> Handler {
        var chain = Next(call: respond)
        for middleware in all.reversed() {
            let inner = chain
            chain = Next { context in try await middleware.handle(context, next: inner) }
        }
        let whole = chain
        return .asynchronous { context in context.send(try await whole(context)) }
    }
}

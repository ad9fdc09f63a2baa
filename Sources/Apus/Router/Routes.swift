public import ApusHTTP

/// What routes can be registered on: an ``Application``, or a group of its routes.
///
/// ```swift
/// app.get("/users/:id") { context in try await users.find(context.parameters.require("id")) }
/// let admin = app.group("/admin", RequireToken())
/// admin.delete("/users/:id") { context in Status.noContent }
/// ```
public protocol Routes {
    /// The application whose routes they are.
    var application: Application { get }
    /// What the patterns begin with; empty, or `/` and more without a slash at the end.
    var prefix: String { get }
    /// The middleware around the handlers, outermost first.
    var middleware: [any Middleware] { get }
    /// What differs from the application's settings.
    var options: RouteOptions { get }
}

extension Routes {
    /// Registers a handler for GET (and HEAD, unless that has its own).
    public var get: Registration { Registration(routes: self, method: .get) }
    /// Registers a handler for POST.
    public var post: Registration { Registration(routes: self, method: .post) }
    /// Registers a handler for PUT.
    public var put: Registration { Registration(routes: self, method: .put) }
    /// Registers a handler for PATCH.
    public var patch: Registration { Registration(routes: self, method: .patch) }
    /// Registers a handler for DELETE.
    public var delete: Registration { Registration(routes: self, method: .delete) }
    /// Registers a handler for HEAD, in place of the automatic one of GET.
    public var head: Registration { Registration(routes: self, method: .head) }
    /// Registers a handler for OPTIONS, in place of the automatic one.
    public var optionsMethod: Registration { Registration(routes: self, method: .options) }

    /// Registers a handler for any method: `app.on(HTTPMethod(rawValue: "PURGE")!)("/cache/**") { … }`.
    public func on(_ method: HTTPMethod) -> Registration { Registration(routes: self, method: method) }

    /// Routes under a prefix, with middleware inside that of these routes, and settings of their own.
    public func group(
        _ prefix: String = "", _ middleware: any Middleware..., options: RouteOptions = RouteOptions()
    ) -> RouteGroup {
        group(prefix, inside: middleware, options: options)
    }

    /// Routes under a prefix, inside a list of middleware, the first outermost, and with settings of their own.
    public func group(
        _ prefix: String = "", inside middleware: [any Middleware], options: RouteOptions = RouteOptions()
    ) -> RouteGroup {
        var own = self.options
        if let limit = options.bodyLimit { own.bodyLimit = limit }
        if let timeout = options.timeout { own.timeout = timeout }
        if options.requiresLength { own.requiresLength = true }
        if !options.isObserved { own.isObserved = false }
        if options.isBare { own.isBare = true }
        let cut = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        return RouteGroup(
            application: application, prefix: self.prefix + cut, middleware: self.middleware + middleware, options: own)
    }
}

/// Routes under a common prefix, with common middleware. See ``Routes/group(_:_:options:)``.
public struct RouteGroup: Routes {
    /// The application whose routes they are.
    public let application: Application
    /// What the patterns begin with.
    public let prefix: String
    /// The middleware around the handlers, outermost first.
    public let middleware: [any Middleware]
    /// What differs from the application's settings.
    public let options: RouteOptions
}

/// A method for which handlers can be registered; called with a pattern and a handler.
///
/// Swift takes the synchronous form for a closure that never awaits. Such a handler is called inline on the
/// connection's loop and must not block. One that awaits runs on a task of the loop.
public struct Registration {
    let routes: any Routes
    let method: HTTPMethod

    /// Registers a synchronous handler.
    public func callAsFunction<Answer: ResponseConvertible & SendableMetatype>(
        _ pattern: String, file: String = #fileID, line: Int = #line,
        _ handler: @escaping @Sendable (Context) throws -> Answer
    ) {
        add(
            pattern, file, line, answer: { context in try handler(context).answer(context) },
            respond: { context in try handler(context).response(to: context) })
    }

    /// Registers an asynchronous handler.
    public func callAsFunction<Answer: ResponseConvertible & SendableMetatype>(
        _ pattern: String, file: String = #fileID, line: Int = #line,
        _ handler: @escaping @Sendable (Context) async throws -> Answer
    ) {
        add(
            pattern, file, line, answer: { context in try await handler(context).answer(context) },
            respond: { context in try await handler(context).response(to: context) })
    }

    /// Registers a synchronous handler whose result is answered as JSON.
    @_disfavoredOverload
    public func callAsFunction<Answer: Encodable & SendableMetatype>(
        _ pattern: String, file: String = #fileID, line: Int = #line,
        _ handler: @escaping @Sendable (Context) throws -> Answer
    ) {
        callAsFunction(pattern, file: file, line: line) { context in JSON(try handler(context)) }
    }

    /// Registers an asynchronous handler whose result is answered as JSON.
    @_disfavoredOverload
    public func callAsFunction<Answer: Encodable & SendableMetatype>(
        _ pattern: String, file: String = #fileID, line: Int = #line,
        _ handler: @escaping @Sendable (Context) async throws -> Answer
    ) {
        callAsFunction(pattern, file: file, line: line) { context in JSON(try await handler(context)) }
    }

    private func add(
        _ pattern: String, _ file: String, _ line: Int, answer: @escaping @Sendable (Context) throws -> Void,
        respond: @escaping @Sendable (Context) throws -> Response
    ) {
        routes.application.register(
            method, routes.prefix + pattern, SourcePlace(file: file, line: line), routes.options,
            RouteHandler(middleware: routes.middleware, kind: .synchronous(answer, respond)))
    }

    private func add(
        _ pattern: String, _ file: String, _ line: Int, answer: @escaping @Sendable (Context) async throws -> Void,
        respond: @escaping @Sendable (Context) async throws -> Response
    ) {
        routes.application.register(
            method, routes.prefix + pattern, SourcePlace(file: file, line: line), routes.options,
            RouteHandler(middleware: routes.middleware, kind: .asynchronous(answer, respond)))
    }
}

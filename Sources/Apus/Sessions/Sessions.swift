import ApusHTTP

/// Gives each client a session whose values a ``SessionStore`` keeps; the client has a cookie with its id.
///
/// ```swift
/// app.use(Sessions(MemorySessionStore()))
/// app.post("/login") { context async throws in
///     let session = try await context.session()
///     session.regenerate()
///     session[.user] = "ada"
///     return Response.redirect(to: "/")
/// }
/// app.get("/") { context async throws in "Hello, \(try await context.session()[.user] ?? "stranger")" }
/// ```
///
/// A session is loaded when a handler asks for it, and stored when something in it was changed. A client gets a cookie
/// when its session first holds something, and another when its id changes; no other response has one.
public struct Sessions<Store: SessionStore>: Middleware {
    private let store: Store
    private let options: SessionOptions

    /// Sessions in a store.
    ///
    /// - Parameters:
    ///   - store: Where their values are kept.
    ///   - options: How they live, and what their cookie is like.
    public init(_ store: Store, _ options: SessionOptions = SessionOptions()) {
        options.check()
        self.store = store
        self.options = options
    }

    /// Answers with what `next` answers, and stores what it has changed. On the request's loop.
    ///
    /// - Throws: ``SessionError``; what the store throws; what `next` throws, and then nothing is stored.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        let access = StoredSessionAccess(context, store, options)
        context[SessionAccessKey.self] = access
        if options.loadsAlways, access.hasCookie { _ = try await context.session() as Session }
        var response = try await next(context)
        guard let session = access.session else { return response }
        if let failure = session.failure { throw failure }
        if session.isDestroyed {
            guard let id = session.id else { return response }
            try await store.remove(id, on: context.loop)
            context.sendSessionCookie(try options.removal(), with: &response)
        } else if session.isChanged {
            try await save(session, context, &response)
        }
        return response
    }

    private func save(_ session: Session, _ context: Context, _ response: inout Response) async throws {
        if let id = session.id, !session.isRegenerated {
            return try await store.save(id, session.changes, isNew: false, options.timing, on: context.loop)
        }
        let id = store.makeID(on: context.loop)
        let all = session.values.mapValues { Optional($0) }
        try await store.save(id, all, isNew: true, options.timing, on: context.loop)
        if let old = session.id { try await store.remove(old, on: context.loop) }
        context.sendSessionCookie(try options.setCookie(id), with: &response)
    }
}

/// The way to a session in a store.
private final class StoredSessionAccess<Store: SessionStore>: SessionAccess {
    // Not counted: the context keeps this.
    private unowned let context: Context
    private let store: Store

    init(_ context: Context, _ store: Store, _ options: SessionOptions) {
        self.context = context
        self.store = store
        super.init(options)
    }

    private var id: String? {
        for cookie in context.cookies where cookie.name == options.cookie && SessionID.isPossible(cookie.value) {
            return cookie.value
        }
        return nil
    }

    var hasCookie: Bool { id != nil }

    override func loadNow() throws -> Session? { id == nil ? empty() : nil }

    override func load() async throws -> Session {
        guard let id, let values = try await store.load(id, options.timing, on: context.loop) else { return empty() }
        return Session(id: id, values: values, mostBytes: options.mostBytes)
    }
}

import ApusHTTP

/// How the session of one request is found. Belongs to the request.
class SessionAccess {
    let options: SessionOptions
    /// The session, once somebody has asked for it.
    final var session: Session?

    init(_ options: SessionOptions) { self.options = options }

    /// Finds it without waiting; nil when that can't be.
    func loadNow() throws -> Session? { nil }

    /// Finds it.
    func load() async throws -> Session { preconditionFailure("each kind of session finds its own") }

    final func empty() -> Session { Session(id: nil, values: [:], mostBytes: options.mostBytes) }
}

/// The key under which a context keeps the way to its session.
enum SessionAccessKey: ContextKey {
    typealias Value = SessionAccess
}

extension Context {
    /// The session of the client, found when it is first asked for; empty for a client without one.
    ///
    /// In a synchronous handler there is this form alone. It needs ``CookieSessions``, or
    /// ``SessionOptions/loadsAlways``, unless the client came without a session.
    ///
    /// - Throws: ``SessionError``; what the store throws.
    public func session() throws -> Session {
        guard let access = self[SessionAccessKey.self] else { throw SessionError.noMiddleware }
        if let session = access.session { return session }
        guard let session = try access.loadNow() else { throw SessionError.notLoaded }
        access.session = session
        return session
    }

    /// The session of the client, loaded from its store when it is first asked for; empty for a client without one.
    ///
    /// - Throws: ``SessionError``; what the store throws.
    public func session() async throws -> Session {
        guard let access = self[SessionAccessKey.self] else { throw SessionError.noMiddleware }
        if let session = access.session { return session }
        let session = try await access.load()
        // Another task of the handler may have been quicker: there is one session for all.
        if let first = access.session { return first }
        access.session = session
        return session
    }

    /// Sends a session's cookie, whatever the handler answers. A cache that anybody shares must not keep it.
    func sendSessionCookie(_ cookie: SetCookie, with response: inout Response) {
        ensureExtras().responseFields.append(.setCookie, cookie.description)
        if !response.fields.contains(.cacheControl) { response.fields[.cacheControl] = "no-store" }
    }
}

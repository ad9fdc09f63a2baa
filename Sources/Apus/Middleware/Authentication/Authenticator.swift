/// Middleware of ``Authentication`` whose function never waits.
public struct Authenticator<Credentials, Identity: SendableMetatype>: RequestMiddleware {
    let source: CredentialsSource<Credentials>
    let isRequired: Bool
    let validate: @Sendable (Credentials, Context) throws -> Identity?

    /// Finds out who makes the request. On the request's loop.
    ///
    /// - Throws: `HTTPError` 401 or 400; what the function throws.
    public func before(_ context: Context) throws -> Response? {
        guard let credentials = try source.credentials(of: context, isRequired: isRequired) else { return nil }
        guard let identity = try validate(credentials, context) else { throw source.wrongError }
        context[IdentityKey<Identity>.self] = identity
        return nil
    }
}

/// Middleware of ``Authentication`` whose function may wait.
public struct AsynchronousAuthenticator<Credentials, Identity: SendableMetatype>: Middleware {
    let source: CredentialsSource<Credentials>
    let isRequired: Bool
    let validate: @Sendable (Credentials, Context) async throws -> Identity?

    /// Finds out who makes the request, and answers with what `next` answers. On the request's loop.
    ///
    /// - Throws: `HTTPError` 401 or 400; what the function throws.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        if let credentials = try source.credentials(of: context, isRequired: isRequired) {
            guard let identity = try await validate(credentials, context) else { throw source.wrongError }
            context[IdentityKey<Identity>.self] = identity
        }
        return try await next(context)
    }
}

extension CredentialsSource {
    /// The credentials of a request; nil when there are none and need not be.
    fileprivate func credentials(of context: Context, isRequired: Bool) throws(HTTPError) -> Credentials? {
        switch read(context) {
        case .given(let credentials): return credentials
        case .malformed: throw malformedError
        case .missing:
            if isRequired { throw missingError }
            context[ChallengesKey.self, default: []].append(challenge)
            return nil
        }
    }
}

/// The identity of a type that a request was made with.
private enum IdentityKey<Identity: SendableMetatype>: ContextKey {
    typealias Value = Identity
}

/// The challenges that a request without credentials has passed.
private enum ChallengesKey: ContextKey {
    typealias Value = [String]
}

extension Context {
    /// Who makes the request, as middleware of ``Authentication`` has found out; nil when none has, or it gave another
    /// type.
    ///
    /// - Parameter type: The type of identity that is asked for.
    public func identity<Identity: SendableMetatype>(_ type: Identity.Type = Identity.self) -> Identity? {
        self[IdentityKey<Identity>.self]
    }

    /// Who makes the request, as middleware of ``Authentication`` has found out.
    ///
    /// - Parameter type: The type of identity that is asked for.
    /// - Throws: 401 when nobody is known, with the challenges of the schemes that let the request pass without.
    public func requireIdentity<Identity: SendableMetatype>(
        _ type: Identity.Type = Identity.self
    ) throws(HTTPError) -> Identity {
        if let identity = identity(type) { return identity }
        var error = HTTPError(.unauthorized, "credentials are needed")
        for challenge in self[ChallengesKey.self] ?? [] { error.fields.append(.wwwAuthenticate, challenge) }
        throw error
    }

    fileprivate subscript<Key: ContextKey>(key: Key.Type, default value: @autoclosure () -> Key.Value) -> Key.Value {
        get { self[key] ?? value() }
        set { self[key] = newValue }
    }
}

public import ApusHTTP

/// Middleware that finds out who makes a request, and refuses who can't show it.
///
/// ```swift
/// struct Admin { let name: String }
///
/// let admin = app.group(
///     "/admin",
///     Authentication.basic(realm: "admin") { credentials, _ in
///         credentials.matches(user: "ada", password: secret) ? Admin(name: "Ada") : nil
///     })
/// admin.get("/") { context in "Hello, \(try context.requireIdentity(Admin.self).name)" }
/// ```
///
/// A function of yours gets the credentials and gives the identity they belong to, of whatever type, or nil. Handlers have
/// it from ``Context/identity(_:)``. A function that never waits leaves synchronous handlers inline; one that awaits, to
/// ask a database, runs on the request's task. What it throws becomes the response.
///
/// - No credentials of the scheme, or wrong ones: 401 with the scheme's challenge in `WWW-Authenticate`.
/// - Malformed ones: 400. Neither says what was wrong, and nothing of them is logged.
///
/// With `isRequired: false`, who shows no credentials of the scheme is let pass without an identity: so several schemes
/// can stand around one another, and ``Context/requireIdentity(_:)`` asks for any of them.
public enum Authentication {
    /// By name and password, sent with each request (RFC 7617): only over TLS.
    ///
    /// - Parameters:
    ///   - realm: What the credentials are for, as a browser shows it.
    ///   - isRequired: Whether who has no credentials is refused here.
    ///   - validate: Whose they are. On the request's loop: a password hash that is meant to be slow belongs to the
    ///     asynchronous form, in `offload`.
    public static func basic<Identity: SendableMetatype>(
        realm: String, isRequired: Bool = true,
        _ validate: @escaping @Sendable (BasicCredentials, Context) throws -> Identity?
    ) -> Authenticator<BasicCredentials, Identity> {
        Authenticator(source: .basic(realm: realm), isRequired: isRequired, validate: validate)
    }

    /// By name and password, sent with each request (RFC 7617): only over TLS.
    ///
    /// - Parameters:
    ///   - realm: What the credentials are for, as a browser shows it.
    ///   - isRequired: Whether who has no credentials is refused here.
    ///   - validate: Whose they are. On the request's loop.
    public static func basic<Identity: SendableMetatype>(
        realm: String, isRequired: Bool = true,
        _ validate: @escaping @Sendable (BasicCredentials, Context) async throws -> Identity?
    ) -> AsynchronousAuthenticator<BasicCredentials, Identity> {
        AsynchronousAuthenticator(source: .basic(realm: realm), isRequired: isRequired, validate: validate)
    }

    /// By a token in the field Authorization (RFC 6750): only over TLS.
    ///
    /// - Parameters:
    ///   - realm: What the token is for.
    ///   - isRequired: Whether who has no token is refused here.
    ///   - validate: Whose it is. On the request's loop.
    public static func bearer<Identity: SendableMetatype>(
        realm: String, isRequired: Bool = true, _ validate: @escaping @Sendable (String, Context) throws -> Identity?
    ) -> Authenticator<String, Identity> {
        Authenticator(source: .bearer(realm: realm), isRequired: isRequired, validate: validate)
    }

    /// By a token in the field Authorization (RFC 6750): only over TLS.
    ///
    /// - Parameters:
    ///   - realm: What the token is for.
    ///   - isRequired: Whether who has no token is refused here.
    ///   - validate: Whose it is. On the request's loop.
    public static func bearer<Identity: SendableMetatype>(
        realm: String, isRequired: Bool = true,
        _ validate: @escaping @Sendable (String, Context) async throws -> Identity?
    ) -> AsynchronousAuthenticator<String, Identity> {
        AsynchronousAuthenticator(source: .bearer(realm: realm), isRequired: isRequired, validate: validate)
    }

    /// By a key in a field or in the query. Queries stand in logs and histories: prefer a field.
    ///
    /// - Parameters:
    ///   - place: Where clients put it.
    ///   - realm: What the key is for.
    ///   - isRequired: Whether who has no key is refused here.
    ///   - validate: Whose it is; ``SecretTable`` looks up a few in constant time. On the request's loop.
    public static func apiKey<Identity: SendableMetatype>(
        in place: APIKeyPlace, realm: String = "api", isRequired: Bool = true,
        _ validate: @escaping @Sendable (String, Context) throws -> Identity?
    ) -> Authenticator<String, Identity> {
        Authenticator(source: .apiKey(in: place, realm: realm), isRequired: isRequired, validate: validate)
    }

    /// By a key in a field or in the query. Queries stand in logs and histories: prefer a field.
    ///
    /// - Parameters:
    ///   - place: Where clients put it.
    ///   - realm: What the key is for.
    ///   - isRequired: Whether who has no key is refused here.
    ///   - validate: Whose it is. On the request's loop.
    public static func apiKey<Identity: SendableMetatype>(
        in place: APIKeyPlace, realm: String = "api", isRequired: Bool = true,
        _ validate: @escaping @Sendable (String, Context) async throws -> Identity?
    ) -> AsynchronousAuthenticator<String, Identity> {
        AsynchronousAuthenticator(source: .apiKey(in: place, realm: realm), isRequired: isRequired, validate: validate)
    }
}

/// Where clients put an API key.
public enum APIKeyPlace: Sendable, Hashable {
    /// In a field, such as `X-API-Key`.
    case field(HTTPField.Name)
    /// In the query, under a name.
    case query(String)
}

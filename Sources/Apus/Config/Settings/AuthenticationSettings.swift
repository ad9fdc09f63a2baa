import ApusConfiguration
import ApusHTTP

/// Who may make requests: `authentication` in a file.
///
/// It asks for credentials on every route but those of ``leavesOut``. A service that tells users apart uses
/// ``Authentication`` itself; the handler finds a ``ConfiguredIdentity``.
public struct AuthenticationSettings: Equatable, Sendable {
    /// How clients show who they are.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        /// By name and password.
        case basic
        /// By a token in Authorization.
        case bearer
        /// By a key in a field.
        case apiKey
    }

    /// How clients show who they are.
    public var scheme = Scheme.basic
    /// What the credentials are for, as a browser shows it.
    public var realm = "apus"
    /// The field of an API key.
    public var field = HTTPField.Name("X-API-Key")!
    /// Who is let in, as `name:secret`: a password, a token or a key. Never shown.
    public var clients: [String] = []
    /// Routes that everybody may ask, as they are registered.
    public var leavesOut: Set<String> = ["/health/live", "/health/ready", "/health/startup"]

    /// The defaults, without any client.
    public init() {}

    static let schema = ConfigurationSchema(AuthenticationSettings()) {
        $0.value("scheme", \.scheme, .choice, "How clients show who they are")
        $0.value("realm", \.realm, .text("text"), "What the credentials are for, as a browser shows it")
        $0.value("field", \.field, .fieldName, "The field of an API key")
        $0.value(
            "clients", \.clients, ConfigurationType<String>.text("name:secret").list(of: "name:secret"), secret: true,
            "Who is let in, as name:secret")
        $0.value("leavesOut", \.leavesOut, .routePatterns, "Routes that everybody may ask, as they are registered")
        $0.check { settings, report in
            if settings.clients.isEmpty {
                return report.reject("clients", .list([]), "nobody may ask: name who may, or turn authentication off")
            }
            var names: Set<Substring> = []
            for client in settings.clients {
                let parts = client.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count < 2 || parts[0].isEmpty || parts[1].isEmpty {
                    report.reject("clients", .masked, "one is not as name:secret: give each a name and a secret")
                } else if !names.insert(parts[0]).inserted {
                    report.reject("clients", .masked, "\(parts[0]) stands there twice: remove one")
                }
            }
        }
    }

    var middleware: ConfiguredAuthentication { ConfiguredAuthentication(self) }
}

/// Who made a request, by the name that stands in the configuration.
public struct ConfiguredIdentity: Sendable, Equatable {
    /// The name.
    public let name: String
}

/// Asks for credentials of a configuration, but where it says that everybody may ask.
struct ConfiguredAuthentication: RequestMiddleware {
    private let authenticator: any RequestMiddleware
    private let leavesOut: Set<String>

    init(_ settings: AuthenticationSettings) {
        var byName: [String: String] = [:]
        for client in settings.clients {
            let parts = client.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { byName[String(parts[0])] = String(parts[1]) }
        }
        let clients = byName.map { (name: $0.key, secret: $0.value) }
        leavesOut = settings.leavesOut
        // Every client is compared, so that time tells nothing of which one it is.
        @Sendable func identity(_ secret: String) -> ConfiguredIdentity? {
            var found: ConfiguredIdentity?
            for client in clients where ConstantTime.isEqual(secret, to: client.secret) {
                found = ConfiguredIdentity(name: client.name)
            }
            return found
        }
        switch settings.scheme {
        case .basic:
            authenticator = Authentication.basic(realm: settings.realm) { credentials, _ in
                var found: ConfiguredIdentity?
                for client in clients where credentials.matches(user: client.name, password: client.secret) {
                    found = ConfiguredIdentity(name: client.name)
                }
                return found
            }
        case .bearer: authenticator = Authentication.bearer(realm: settings.realm) { token, _ in identity(token) }
        case .apiKey:
            authenticator = Authentication.apiKey(in: .field(settings.field), realm: settings.realm) { key, _ in
                identity(key)
            }
        }
    }

    func before(_ context: Context) throws -> Response? {
        if let route = context.route, leavesOut.contains(route.pattern.description) { return nil }
        return try authenticator.before(context)
    }
}

public import ApusHTTP
import ApusRuntime

/// Lets pages of other origins call: answers the browser's preflights, and tells it who may read the answers (the Fetch
/// standard, 3.2).
///
/// ```swift
/// app.use(try CORS(origins: ["https://app.example.com", "https://*.example.net"], credentials: true))
/// ```
///
/// It is no lock: who is no browser reads what it likes. What depends on the origin says `Vary: Origin`, also to those who
/// send none, so that no cache gives one origin's answer to another.
///
/// A preflight is answered although the route has no handler for OPTIONS: where the middleware stands around the whole
/// application, and where it stands around the route that the preflight asks about. Let it be outside of authentication, for
/// a preflight carries no credentials. Where several stand around a handler the innermost one's word counts.
public struct CORS: RequestMiddleware {
    let policy: CORSPolicy

    /// The middleware.
    ///
    /// - Parameter options: Who may do what.
    /// - Throws: ``CORSError`` when that makes no sense, or can't be.
    public init(_ options: Options) throws(CORSError) { policy = try CORSPolicy(options) }

    /// The middleware for some origins, with the defaults for all else.
    ///
    /// - Parameters:
    ///   - origins: As `https://app.example.com`, `https://*.example.com`, `http://localhost:*`; see
    ///     ``Options/origins``.
    ///   - credentials: Whether requests may carry cookies and other credentials.
    /// - Throws: ``CORSError`` when an origin is none.
    public init(origins: [String], credentials: Bool = false) throws(CORSError) {
        try self.init(Options(.listed(origins), credentials: credentials))
    }

    /// Answers a preflight, or has the fields go with the answer.
    public func before(_ context: Context) -> Response? {
        if context.isPreflight { return (context.edge?.preflight ?? self).policy.preflight(context) }
        policy.addFields(context)
        return nil
    }
}

extension CORS {
    /// Who may do what.
    public struct Options: Sendable {
        /// Which origins may read answers.
        public enum Origins: Sendable {
            /// All of them: public data, and nothing that depends on who asks.
            case any
            /// These: a scheme, a host and, where it is not the scheme's own, a port, as browsers send them. The host may
            /// begin with `*.`, which stands for one label or more, and the port may be `*`. `null` is the origin of
            /// sandboxed pages and files: everybody can have it.
            case listed([String])
            /// Those for which a function of the origin and the request says so. It is called on the loop.
            case chosen(@Sendable (String, Context) -> Bool)
        }

        /// Which fields a request may have.
        public enum RequestFields: Sendable {
            /// All that it asks for.
            case any
            /// These, and those that the standard allows anyway: Accept, Accept-Language, Content-Language, and Content-Type
            /// with the values of forms.
            case listed([HTTPField.Name])
        }

        /// Which origins may read answers.
        public var origins: Origins
        /// The methods that a preflight allows; GET, HEAD and POST need none. Default GET, HEAD, POST, PUT, PATCH, DELETE.
        public var methods: [HTTPMethod] = [.get, .head, .post, .put, .patch, .delete]
        /// The fields that a preflight allows. Default Authorization, Content-Type, X-Requested-With, and the fields of
        /// conditions and traces.
        public var requestFields = RequestFields.listed([
            .authorization, .contentType, .ifMatch, .ifNoneMatch, .traceparent, .tracestate, .xRequestedWith,
            .xRequestID,
        ])
        /// The fields of answers that a page may read beside the few that it always may. Default none.
        public var exposedFields: [HTTPField.Name] = []
        /// Whether requests may carry cookies, client certificates and passwords. Default false.
        public var credentials: Bool
        /// How long a browser may keep what a preflight said, in whole seconds; nil leaves it 5 seconds. Default 10
        /// minutes.
        public var maxAge: Duration? = .seconds(600)

        /// The defaults, but for what is given.
        ///
        /// - Parameters:
        ///   - origins: Which origins may read answers.
        ///   - credentials: Whether requests may carry cookies and other credentials.
        public init(_ origins: Origins, credentials: Bool = false) {
            self.origins = origins
            self.credentials = credentials
        }
    }
}

/// What is wrong with ``CORS/Options``.
public enum CORSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Every origin, with credentials: any site could act as whoever is signed in.
    case credentialsForAnyOrigin
    /// The origin `null`, with credentials: every site can have that origin.
    case credentialsForNull
    /// A text that is no origin.
    case invalidOrigin(String)

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .credentialsForAnyOrigin:
            "credentials for any origin would let every site act as whoever is signed in: list the origins, or leave credentials out"
        case .credentialsForNull:
            "credentials for the origin null, which every site can have: leave null out, or the credentials"
        case .invalidOrigin(let text):
            "\"\(text)\" is no origin: write https://example.com, https://*.example.com or http://localhost:*, without a path"
        }
    }
}

extension Context {
    /// Whether a browser asks what it may do (Fetch, 3.2.2).
    var isPreflight: Bool {
        head.methodKind == .options && head.fields.contains(.accessControlRequestMethod, in: bytes)
            && head.fields.contains(.origin, in: bytes)
    }
}

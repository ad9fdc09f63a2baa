public import ApusHTTP

/// Tells browsers what to refuse: policies for content, framing, referrers and features, and to come back by TLS only.
///
/// ```swift
/// app.use(SecurityHeaders())
/// let api = app.group("/api", SecurityHeaders(.api))
/// ```
///
/// A field that the handler's answer has itself is left as it is; that of an inner group goes before that of an outer one.
/// `Strict-Transport-Security` goes only to clients that came by TLS (RFC 6797, 7.2), by their own connection or by that of
/// a proxy that ``TrustedProxies``, outside of this, believes.
public struct SecurityHeaders: RequestMiddleware {
    /// What browsers are told. Each field of it may be nil: then that is not told.
    public struct Options: Sendable {
        /// `Content-Security-Policy`. Default ``ContentSecurityPolicy/strict``.
        public var contentSecurityPolicy: ContentSecurityPolicy? = .strict
        /// Whether violations of the policy are only reported (`Content-Security-Policy-Report-Only`). Default false.
        public var reportsOnly = false
        /// `Strict-Transport-Security`. Default two years, sub-domains included.
        public var strictTransport: StrictTransport? = StrictTransport()
        /// `X-Frame-Options`, for browsers that don't know `frame-ancestors`. Default `DENY`.
        public var framing: Framing? = .nobody
        /// `Referrer-Policy`. Default `strict-origin-when-cross-origin`.
        public var referrerPolicy: ReferrerPolicy? = .strictOriginWhenCrossOrigin
        /// `Permissions-Policy`. Default ``PermissionsPolicy/nothing``.
        public var permissionsPolicy: PermissionsPolicy? = .nothing
        /// `Cross-Origin-Opener-Policy`. Default `same-origin`.
        public var openerPolicy: OpenerPolicy? = .sameOrigin
        /// `Cross-Origin-Resource-Policy`. Default `same-origin`: other sites may not embed what is answered here. Other
        /// origins that ``CORS`` lets in may still fetch it.
        public var resourcePolicy: ResourcePolicy? = .sameOrigin
        /// `Cross-Origin-Embedder-Policy`. Default nil: it would keep out everything that does not agree to be embedded.
        public var embedderPolicy: EmbedderPolicy?
        /// `X-Content-Type-Options: nosniff`. Default true.
        public var forbidsSniffing = true
        /// More fields, such as `Reporting-Endpoints`. Default none.
        public var others = HTTPFields()

        /// The defaults, for pages.
        public init() {}

        /// For pages.
        public static let pages = Options()

        /// For answers that are no pages: nothing in them may be loaded, run or framed, no referrer is sent, and nothing is
        /// said of features that only pages use.
        public static let api: Options = {
            var options = Options()
            options.contentSecurityPolicy = .nothing
            options.referrerPolicy = .noReferrer
            options.permissionsPolicy = nil
            options.openerPolicy = nil
            return options
        }()
    }

    private let secure: FieldBlock
    private let plain: FieldBlock
    private let policy: ContentSecurityPolicy?
    private let policyName: HTTPField.Name

    /// The middleware.
    ///
    /// - Parameter options: What browsers are told: the default is for pages, `.api` for everything else.
    public init(_ options: Options = .pages) {
        policyName = options.reportsOnly ? .contentSecurityPolicyReportOnly : .contentSecurityPolicy
        policy = options.contentSecurityPolicy.flatMap { $0.hasNonce ? $0 : nil }
        var fields = options.fields
        if let policy = options.contentSecurityPolicy, !policy.hasNonce { fields[policyName] = policy.value(nonce: "") }
        plain = FieldBlock(fields)
        if let strictTransport = options.strictTransport { fields[.strictTransportSecurity] = strictTransport.value }
        secure = FieldBlock(fields)
    }

    /// Has the fields go with the answer.
    public func before(_ context: Context) -> Response? {
        context.add(context.isSecurelyRequested ? secure : plain)
        if let policy {
            context.add(FieldBlock([policyName: policy.value(nonce: context.cspNonce)]))
        }
        return nil
    }
}

extension SecurityHeaders.Options {
    /// The fields that are the same for every response, but for the one that goes by TLS only.
    fileprivate var fields: HTTPFields {
        var fields = HTTPFields()
        if forbidsSniffing { fields[.xContentTypeOptions] = "nosniff" }
        fields[.xFrameOptions] = framing?.rawValue
        fields[.referrerPolicy] = referrerPolicy?.rawValue
        fields[.permissionsPolicy] = permissionsPolicy?.value
        fields[.crossOriginOpenerPolicy] = openerPolicy?.rawValue
        fields[.crossOriginResourcePolicy] = resourcePolicy?.rawValue
        fields[.crossOriginEmbedderPolicy] = embedderPolicy?.rawValue
        for field in others { fields.append(field) }
        return fields
    }
}

extension HTTPField.Name {
    fileprivate static let crossOriginEmbedderPolicy = HTTPField.Name("Cross-Origin-Embedder-Policy")!
    fileprivate static let contentSecurityPolicyReportOnly = HTTPField.Name("Content-Security-Policy-Report-Only")!
}

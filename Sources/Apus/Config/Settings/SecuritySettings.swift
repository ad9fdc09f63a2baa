import ApusConfiguration
import ApusHTTP

/// What browsers are told to refuse: `securityHeaders` in a file. Nil leaves a field out.
public struct SecuritySettings: Sendable {
    /// `Content-Security-Policy`: `strict`, `nothing`, or a policy of one's own as the field has it.
    public var contentSecurityPolicy: String? = "strict"
    /// The other fields; its policy for content is made of the one above.
    public var options = SecurityHeaders.Options()

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(SecuritySettings()) {
        $0.value(
            "contentSecurityPolicy", \.contentSecurityPolicy, .fieldValue, orNull: "none",
            "Content-Security-Policy: strict, nothing, or a policy as the field has it")
        $0.value("reportsOnly", \.options.reportsOnly, .bool, "Whether violations of the policy are only reported")
        $0.feature(
            "strictTransport", \.options.strictTransport, SecurityHeaders.StrictTransport.schema,
            "Whether browsers come back by TLS only (HSTS); told only over TLS")
        $0.value(
            "framing", \.options.framing, .oneOf([("DENY", .nobody), ("SAMEORIGIN", .sameOrigin)]), orNull: "none",
            "X-Frame-Options")
        $0.value("referrerPolicy", \.options.referrerPolicy, .choice, orNull: "none", "Referrer-Policy")
        $0.value(
            "permissionsPolicy", \.options.permissionsPolicy, .oneOf([("nothing", .nothing)]), orNull: "none",
            "Permissions-Policy: pages may use nothing of camera, position and so on")
        $0.value("openerPolicy", \.options.openerPolicy, .choice, orNull: "none", "Cross-Origin-Opener-Policy")
        $0.value("resourcePolicy", \.options.resourcePolicy, .choice, orNull: "none", "Cross-Origin-Resource-Policy")
        $0.value("embedderPolicy", \.options.embedderPolicy, .choice, orNull: "none", "Cross-Origin-Embedder-Policy")
        $0.value("forbidsSniffing", \.options.forbidsSniffing, .bool, "X-Content-Type-Options: nosniff")
    }

    var middleware: SecurityHeaders {
        var options = self.options
        options.contentSecurityPolicy = nil
        switch contentSecurityPolicy {
        case nil: break
        case "strict"?: options.contentSecurityPolicy = .strict
        case "nothing"?: options.contentSecurityPolicy = .nothing
        case let policy?:
            let name: HTTPField.Name? =
                options.reportsOnly ? HTTPField.Name("Content-Security-Policy-Report-Only") : .contentSecurityPolicy
            if let name { options.others[name] = policy }
        }
        return SecurityHeaders(options)
    }
}

extension SecurityHeaders.StrictTransport {
    static let schema = ConfigurationSchema(SecurityHeaders.StrictTransport()) {
        $0.value("duration", \.duration, .duration(.zero ... .seconds(3650 * 86400)), "How long")
        $0.value("includesSubdomains", \.includesSubdomains, .bool, "Whether sub-domains are meant, too")
        $0.value("preloads", \.preloads, .bool, "Whether the domain may be built into browsers; hard to undo")
        $0.check { transport, report in
            if transport.preloads, !transport.includesSubdomains || transport.duration < .seconds(365 * 86400) {
                report.reject(
                    "preloads", with: ["includesSubdomains", "duration"], .bool(true),
                    "the preload list wants sub-domains and a year: set both, or preloads to false")
            }
        }
    }
}

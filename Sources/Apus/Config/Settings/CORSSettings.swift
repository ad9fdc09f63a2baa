import ApusConfiguration
public import ApusHTTP

/// Which pages of other origins may call: `cors` in a file.
public struct CORSSettings: Equatable, Sendable {
    /// The origins, such as `https://app.example.com` or `https://*.example.com`; `*` alone is any.
    public var origins: [String] = []
    /// Whether requests may carry cookies and other credentials.
    public var credentials = false
    /// The methods that a preflight allows.
    public var methods = CORS.Options(.any).methods
    /// The fields that a preflight allows; nil is all.
    public var requestFields: [HTTPField.Name]? = {
        if case .listed(let names) = CORS.Options(.any).requestFields { names } else { nil }
    }()
    /// The fields of answers that a page may read.
    public var exposedFields: [HTTPField.Name] = []
    /// How long a browser may keep what a preflight said; nil leaves it to the browser.
    public var maxAge = CORS.Options(.any).maxAge

    /// The defaults, without any origin.
    public init() {}

    static let schema = ConfigurationSchema(CORSSettings()) {
        let names = ConfigurationType<HTTPField.Name>.fieldName.list(of: "field names")
        $0.value(
            "origins", \.origins, ConfigurationType<String>.text("an origin").list(of: "origins"),
            "The origins that may call, such as https://*.example.com; * alone is any")
        $0.value("credentials", \.credentials, .bool, "Whether requests may carry cookies and other credentials")
        $0.value(
            "methods", \.methods, ConfigurationType<HTTPMethod>.method.list(of: "methods"),
            "The methods that a preflight allows")
        $0.value("requestFields", \.requestFields, names, orNull: "any", "The fields that a preflight allows")
        $0.value("exposedFields", \.exposedFields, names, "The fields of answers that a page may read")
        $0.value(
            "maxAge", \.maxAge, .duration(.zero ... .seconds(7 * 86400)), orNull: "none",
            "How long a browser may keep what a preflight said")
        $0.check { cors, report in
            if cors.origins.isEmpty {
                return report.reject("origins", .list([]), "nobody may call: name the origins, or turn cors off")
            }
            do throws(CORSError) {
                _ = try cors.middleware()
            } catch {
                report.reject(
                    "origins", with: ["credentials"], .list(cors.origins.map { .text($0) }), error.description)
            }
        }
    }

    func middleware() throws(CORSError) -> CORS {
        var options = CORS.Options(origins == ["*"] ? .any : .listed(origins), credentials: credentials)
        options.methods = methods
        options.requestFields = requestFields.map { .listed($0) } ?? .any
        options.exposedFields = exposedFields
        options.maxAge = maxAge
        return try CORS(options)
    }
}

extension ConfigurationType<HTTPMethod> {
    static var method: ConfigurationType {
        ConfigurationType(
            "a method such as GET",
            read: { content in
                guard case .string(let text) = content.asString else { return nil }
                return HTTPMethod(rawValue: text)
            }, show: { .text($0.rawValue) })
    }
}

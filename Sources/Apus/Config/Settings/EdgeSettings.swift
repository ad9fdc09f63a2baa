import ApusConfiguration
import ApusHTTP
public import ApusNet

/// The proxies in front of the server, which tell of the client behind them: `trustedProxies` in a file.
public struct TrustedProxySettings: Equatable, Sendable {
    /// How a proxy tells.
    public enum Field: String, Hashable, Sendable, CaseIterable {
        /// `X-Forwarded-For` and its kin.
        case xForwarded = "x-forwarded"
        /// `Forwarded` (RFC 7239).
        case forwarded
    }

    /// The addresses of the proxies.
    public var addresses: [AddressRange] = []
    /// How they tell.
    public var reading = Field.xForwarded
    /// Whether `X-Forwarded-Proto` is believed.
    public var scheme = true
    /// Whether `X-Forwarded-Host` is believed.
    public var host = false
    /// Whether `X-Forwarded-Port` is believed.
    public var port = false
    /// Whether who comes by a Unix socket is a proxy.
    public var unixSockets = true

    /// The defaults, which trust nobody but Unix sockets.
    public init() {}

    static let schema = ConfigurationSchema(TrustedProxySettings()) {
        $0.value(
            "addresses", \.addresses, ConfigurationType<AddressRange>.addresses.list(of: "addresses"),
            "The addresses of the proxies")
        $0.value("reading", \.reading, .choice, "The fields that they tell of the client with")
        $0.value("scheme", \.scheme, .bool, "Whether X-Forwarded-Proto is believed")
        $0.value("host", \.host, .bool, "Whether X-Forwarded-Host is believed")
        $0.value("port", \.port, .bool, "Whether X-Forwarded-Port is believed")
        $0.value("unixSockets", \.unixSockets, .bool, "Whether who comes by a Unix socket is a proxy")
        $0.check { proxies, report in
            if proxies.addresses.isEmpty, !proxies.unixSockets {
                report.reject(
                    "addresses", with: ["unixSockets"], .list([]),
                    "nobody is trusted: name the proxies, or turn trustedProxies off")
            }
        }
    }

    var middleware: TrustedProxies {
        var fields = TrustedProxies.XForwardedFields.addresses
        if scheme { fields.insert(.scheme) }
        if host { fields.insert(.host) }
        if port { fields.insert(.port) }
        return TrustedProxies(
            AddressSet(addresses), reading: reading == .forwarded ? .forwarded : .xForwarded(fields),
            trustsUnixSockets: unixSockets)
    }
}

/// Who is let in by address: `addresses` in a file.
public struct AddressSettings: Equatable, Sendable {
    /// Who is let in; nil is everyone.
    public var allowed: [AddressRange]?
    /// Who is not, although they are allowed.
    public var denied: [AddressRange] = []
    /// Whether who comes by a Unix socket is let in.
    public var unixSockets = true

    /// Everyone.
    public init() {}

    static let schema = ConfigurationSchema(AddressSettings()) {
        let addresses = ConfigurationType<AddressRange>.addresses.list(of: "addresses")
        $0.value("allowed", \.allowed, addresses, orNull: "everyone", "Who is let in")
        $0.value("denied", \.denied, addresses, "Who is not, although they are allowed (403)")
        $0.value("unixSockets", \.unixSockets, .bool, "Whether who comes by a Unix socket is let in")
        $0.check { addresses, report in
            if addresses.allowed == [], !addresses.unixSockets {
                report.reject(
                    "allowed", with: ["unixSockets"], .list([]),
                    "nobody would be let in: name some, or write null for everyone")
            }
        }
    }

    var middleware: AddressFilter {
        AddressFilter(
            allowing: allowed.map { AddressSet($0) } ?? .all, denying: AddressSet(denied),
            allowsUnixSockets: unixSockets)
    }
}

extension RequestIdentity.Options {
    static let schema = ConfigurationSchema(RequestIdentity.Options()) {
        let from = ConfigurationType<RequestIdentity.Acceptance>.oneOf([
            ("everyone", .everyone), ("trustedProxies", .trustedProxies), ("nobody", .nobody),
        ])
        $0.value("field", \.field, .fieldName, "The field that the name of a request comes and goes in")
        $0.value("acceptsNames", \.acceptsNames, from, "From whom a name is taken over")
        $0.value("mostBytes", \.mostBytes, .integer(1...1024), "The longest name that is taken over")
        $0.value("tellsClient", \.tellsClient, .bool, "Whether the response tells the name")
        $0.value("traces", \.traces, .bool, "Whether requests get a place in a trace (W3C traceparent)")
        $0.value("acceptsTraces", \.acceptsTraces, from, "From whom a trace is taken over")
        $0.value("samplesNewTraces", \.samplesNewTraces, .bool, "Whether a new trace is marked as recorded")
    }
}

extension ConfigurationType<HTTPField.Name> {
    static var fieldName: ConfigurationType {
        ConfigurationType(
            "a field's name such as X-Request-Id",
            read: { content in
                guard case .string(let text) = content.asString else { return nil }
                return HTTPField.Name(text)
            }, show: { .text($0.rawName) })
    }
}

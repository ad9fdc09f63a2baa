import ApusConfiguration

/// An address that a configured server listens on, and what is spoken there: `listeners[]` in a file.
public struct ListenerSettings: Equatable, Sendable {
    /// A name for logs, metrics and handlers; nil is `http`, `https` or `redirect`, by what is spoken.
    public var name: String?
    /// A literal address, `*` for all, or `unix:/path`.
    public var host = "127.0.0.1"
    /// The port; 0 has the system choose one. It means nothing for a Unix socket.
    public var port: UInt16 = 8080
    /// Nothing is served here: every client is sent to the same place by `https` on this port (308).
    public var redirectTo: UInt16?
    /// How TLS is spoken; nil is not at all.
    public var tls: TLSSettings?
    /// What is borne from its connections, for each protocol.
    public var pools = ListenerPoolSettings()

    /// HTTP in the clear on port 8080 of this machine alone.
    public init() {}

    static let schema = ConfigurationSchema(ListenerSettings()) {
        $0.value(
            "name", \.name, .text("a name"), orNull: "none",
            "The name in logs, metrics and handlers; null is http, https or redirect, by what is spoken")
        $0.value(
            "host", \.host, .text("an address, * for all, or unix:/path"),
            "Where to listen: a literal address, * for all, or unix:/path")
        $0.value("port", \.port, .integer(0...65535), "The port; 0 has the system choose one")
        $0.value(
            "redirectTo", \.redirectTo, .integer(1...65535), orNull: "none",
            "Serve nothing here but redirects to https on this port")
        $0.feature("tls", \.tls, TLSSettings.schema, "Whether TLS is spoken here")
        $0.section("pools", \.pools, ListenerPoolSettings.schema)
        $0.check { listener, report in
            if listener.tls != nil, listener.redirectTo != nil {
                report.reject(
                    "redirectTo", with: ["tls"], nil, "a listener redirects or speaks TLS: remove redirectTo or tls")
            }
            if listener.host.hasPrefix("unix:"), listener.host.count == 5 {
                report.reject("host", .text(listener.host), "the path is missing: write unix:/path")
            }
        }
    }

    /// What the listener is called.
    var effectiveName: String { name ?? (redirectTo != nil ? "redirect" : tls != nil ? "https" : "http") }

    /// Whether it is a Unix socket.
    var isUnix: Bool { host.hasPrefix("unix:") }
}

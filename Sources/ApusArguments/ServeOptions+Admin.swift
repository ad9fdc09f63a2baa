extension ServeOptions {
    /// Takes what is said of the dashboard.
    mutating func setAdmin(_ scanned: inout ScannedArguments) {
        if let place = scanned.value(.adminPlace, .adminPlace) {
            set("--admin", "admin.host", place.host)
            if let port = place.port { set("--admin", "admin.port", "\(port)") }
        }
        if let file = scanned.value(.adminTokenFile, .text("a file", example: "/run/secrets/admin-token")) {
            set("--admin-token-file", "admin.tokenFile", file)
        }
    }
}

extension OptionSyntax {
    fileprivate static let adminPlace = OptionSyntax(
        name: "admin", value: "PLACE",
        summary: "Show the dashboard at this address, 127.0.0.1:9090 for instance, or unix:/path")
    fileprivate static let adminTokenFile = OptionSyntax(
        name: "admin-token-file", value: "FILE",
        summary: "Let in to the dashboard who shows the secret in this file; needed where others can connect")
    static let admin = [adminPlace, adminTokenFile]
}

/// Where the dashboard is to be.
struct AdminPlaceArgument: Equatable, Sendable {
    /// A literal address, or `unix:/path`.
    var host: String
    /// Nil for a Unix socket.
    var port: Int?
}

extension ArgumentKind where Value == AdminPlaceArgument {
    /// `127.0.0.1:9090`, `[::1]:9090`, `:9090` or `9090` on this machine alone, `unix:/path`.
    static var adminPlace: ArgumentKind {
        ArgumentKind(expected: "an address and a port, or unix:/path", example: "127.0.0.1:9090") { text in
            if text.hasPrefix("unix:") {
                return text.count > 5 && !text.utf8.contains(0) ? AdminPlaceArgument(host: text) : nil
            }
            let colon = text.lastIndex(of: ":")
            let host = colon.map { String(text[..<$0]) } ?? ""
            let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
            guard let port = ArgumentKind<Int>.number(in: 0...65535, example: 9090).read(String(digits)) else {
                return nil
            }
            if host.isEmpty { return AdminPlaceArgument(host: "127.0.0.1", port: port) }
            if host == "localhost" { return AdminPlaceArgument(host: "127.0.0.1", port: port) }
            let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
            guard isBracketed || !host.contains(":") else { return nil }
            return AdminPlaceArgument(host: isBracketed ? String(host.dropFirst().dropLast()) : host, port: port)
        }
    }
}

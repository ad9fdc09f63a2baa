/// Which of the configurations that a server has had, one after the other, is in force: who changes it, or takes a change
/// back, says by it what he has seen, and is refused when another was faster. See
/// `RunningServer.configurationRevision`.
public struct ConfigurationRevision: Equatable, Sendable, CustomStringConvertible {
    /// A word of the server's own, so that a number of the process before means nothing to this one.
    private let server: String
    private let number: Int

    /// The first of a server.
    package init() {
        server = String(UInt32.random(in: 1...UInt32.max), radix: 36)
        number = 1
    }

    private init(server: String, number: Int) {
        self.server = server
        self.number = number
    }

    /// One that was written down; nil for text that is none.
    ///
    /// - Parameter text: As ``description`` has it.
    public init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), dash != text.startIndex,
            let number = ConfigurationPath.index(text[text.index(after: dash)...]), text[..<dash].allSatisfy(\.isASCII)
        else { return nil }
        server = String(text[..<dash])
        self.number = number
    }

    /// The one after it.
    package var next: ConfigurationRevision { ConfigurationRevision(server: server, number: number + 1) }

    /// A word without spaces, as an entity tag has it (RFC 9110, 8.8.3): `1x2kq9-3`.
    public var description: String { "\(server)-\(number)" }

    /// Refuses a change that is based on another.
    ///
    /// - Parameter expected: Those that it may be based on; nil is any.
    /// - Throws: The one problem of the kind ``ConfigurationProblem/Kind/stale``.
    package func check(_ expected: [String]?) throws(ConfigurationError) {
        guard let expected, !expected.contains(description) else { return }
        let seen = expected.isEmpty ? "none" : expected.joined(separator: ", ")
        throw ConfigurationError([
            ConfigurationProblem(
                .stale, path: "",
                reason: "the configuration has changed meanwhile: \(seen) was seen, and \(self) is in "
                    + "force; look at it again, and ask again if it is still wanted", origin: .flag("revision"))
        ])
    }
}

import ApusConfiguration
import ApusNet
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The admin listener, where the dashboard is: `admin` in a file.
public struct AdminSettings: Equatable, Sendable {
    /// A literal address, or `unix:/path`.
    public var host = "127.0.0.1"
    /// The port; 0 has the system choose one.
    public var port: UInt16 = 9090
    /// The secret that every request must show.
    public var token: String?
    /// A file that holds the secret, white space around it aside.
    public var tokenFile: String?
    /// Names that a browser may ask for besides literal addresses and `localhost`.
    public var names: [String] = []

    /// The dashboard at http://127.0.0.1:9090/.
    public init() {}

    static let schema = ConfigurationSchema(AdminSettings()) {
        $0.value(
            "host", \.host, .text("an address, or unix:/path"), "Where to listen: a literal address, or unix:/path")
        $0.value("port", \.port, .integer(0...65535), "The port; 0 has the system choose one")
        $0.value(
            "token", \.token, .text("a secret of 16 bytes or more"), orNull: "none", secret: true,
            "The secret that every request must show; needed but on loopback addresses and Unix sockets")
        $0.value("tokenFile", \.tokenFile, .text("a file"), orNull: "none", "A file that holds the secret instead")
        $0.value(
            "names", \.names, ConfigurationType<String>.text("a host name").list(of: "host names"),
            "Names that a browser may ask for besides addresses and localhost")
        $0.check { admin, report in
            if admin.token != nil, admin.tokenFile != nil {
                report.reject("tokenFile", with: ["token"], nil, "there is a token as well: remove one of them")
            }
            if SocketAddress(host: admin.host, port: 0) == nil {
                report.reject("host", .text(admin.host), "it is no literal address: write one, or unix:/path")
            }
            if admin.tokenFile == nil, let mistake = admin.options(token: admin.token).mistake {
                let key = if case .tokenMissing = mistake { "host" } else { "token" }
                report.reject(
                    key, with: ["host", "token", "tokenFile"], key == "host" ? .text(admin.host) : nil,
                    mistake.description)
            }
        }
    }

    func options(token: String?) -> AdminOptions { AdminOptions(host: host, port: port, token: token, names: names) }

    /// The options, the file read.
    ///
    /// - Throws: `ConfigurationProblem` for a file that can't be read, or does not hold a token.
    func makeOptions() throws(ConfigurationProblem) -> AdminOptions {
        guard let tokenFile else { return options(token: token) }
        let options = options(token: try Self.read(tokenFile))
        if let mistake = options.mistake { throw Self.problem(tokenFile, mistake.description) }
        return options
    }

    /// The token in a file; nil when there is none to be read.
    package static func token(inFile path: String) -> String? {
        guard let text = try? read(path), !text.isEmpty else { return nil }
        return text
    }

    /// The text of a file of at most 4096 bytes, white space around it cut off.
    private static func read(_ path: String) throws(ConfigurationProblem) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = SystemError(call: "open")
            throw problem(path, "it can't be read (\(error)): correct the path or its mode")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4097)
        let count = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe Self.readBytes(descriptor, room.baseAddress, room.count)
        }
        guard count >= 0 else {
            let error = SystemError(call: "read")
            throw problem(path, "it can't be read (\(error)): name a file")
        }
        guard count <= 4096 else { throw problem(path, "it is longer than 4096 bytes: name the file of the token") }
        let text = bytes[..<count].drop { $0 <= 0x20 }
        let end = text.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? text.startIndex
        return String(decoding: text[..<end], as: UTF8.self)
    }

    @unsafe private static func readBytes(_ descriptor: CInt, _ into: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.read(descriptor, into, count)
        #elseif canImport(Musl)
            unsafe Musl.read(descriptor, into, count)
        #else
            unsafe Darwin.read(descriptor, into, count)
        #endif
    }

    private static func problem(_ path: String, _ reason: String) -> ConfigurationProblem {
        ConfigurationProblem(
            .value, path: "admin.tokenFile", value: ConfigurationValue.quoted(path), reason: reason, origin: .standard)
    }
}

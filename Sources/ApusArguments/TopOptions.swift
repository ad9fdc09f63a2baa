import ApusLoad

/// `apus top`.
package struct TopOptions: Equatable, Sendable {
    /// Where the dashboard is.
    package var place = TopPlace.address(host: "127.0.0.1", port: 9090)
    /// The file of the token; nil for the variable `APUS_ADMIN_TOKEN`, or none.
    package var tokenFile: String?
    /// Whether to print one screen and end.
    package var once = false
    /// Whether to print what the server said, as it said it.
    package var json = false

    package init() {}

    /// - Parameter scanned: gains a mistake for each value that cannot be.
    init(_ scanned: inout ScannedArguments) {
        if let text = scanned.operands.first {
            do throws(TopPlace.Mistake) {
                place = try TopPlace(text)
            } catch {
                scanned.mistakes.append(error.text)
            }
        }
        tokenFile = scanned.value(.topTokenFile, .text("a file", example: "/run/secrets/admin-token"))
        once = scanned.has(.once)
        json = scanned.has(.json)
    }
}

/// Where a dashboard is.
package enum TopPlace: Equatable, Sendable {
    case address(host: String, port: UInt16)
    case unix(path: String)

    /// What is wrong with a text that should name one.
    struct Mistake: Error {
        var text: String
    }

    /// `http://host:port/`, `host:port`, `:port`, or `unix:/path`.
    init(_ text: String) throws(Mistake) {
        if text.hasPrefix("unix:") {
            guard text.count > 5 else { throw Mistake(text: "URL \"unix:\": write unix:/path") }
            self = .unix(path: String(text.dropFirst(5)))
            return
        }
        guard let url = BenchURL(text), let port = UInt16(exactly: url.port) else {
            throw Mistake(text: "URL \"\(text)\": expected an address such as http://127.0.0.1:9090 or unix:/path")
        }
        guard url.scheme == .http else {
            throw Mistake(
                text:
                    "URL \"\(text)\": the admin listener speaks http: go through ssh -L 9090:127.0.0.1:9090 HOST instead"
            )
        }
        guard url.target == "/" else {
            throw Mistake(
                text: "URL \"\(text)\": leave out \(url.target): the dashboard is at the root of its listener")
        }
        self = .address(host: url.host, port: port)
    }

    /// The value of the Host field.
    package var authority: String {
        switch self {
        case .address(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "localhost"
        }
    }

    /// As people write it.
    package var text: String {
        switch self {
        case .address: "http://\(authority)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension OptionSyntax {
    static let once = OptionSyntax(name: "once", letter: "1", summary: "Print one screen and end")
    static let topTokenFile = OptionSyntax(
        name: "token-file", value: "FILE", summary: "Show the token in this file [that of APUS_ADMIN_TOKEN]")
}

extension CommandSyntax {
    static let top = CommandSyntax(
        name: "top",
        summary: "Watch a server: what its dashboard shows, in the terminal",
        discussion: """
            Asks the admin listener at URL (`apus serve --admin`) every second, and shows requests, latency, loops, pools, \
            routes and the slowest requests. Ends with q or Ctrl-C. Where standard output is no terminal it prints one \
            screen, plain.
            """,
        operand: Operand(
            name: "URL", isRequired: false, summary: "the admin listener, or unix:/path [http://127.0.0.1:9090]"),
        options: [.topTokenFile, .once, .json],
        examples: [
            Example(command: "apus top", summary: "The server of this machine"),
            Example(command: "apus top unix:/run/apus/admin.sock --once", summary: "One look, by a Unix socket"),
            Example(command: "apus top --json", summary: "Numbers for a script"),
        ])
}

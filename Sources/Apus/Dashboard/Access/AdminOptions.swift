/// The admin listener: where the dashboard and its JSON are, and who may see them.
///
/// ```swift
/// var configuration = ServerConfiguration(port: 8080)
/// configuration.admin = AdminOptions(port: 9090)
/// let app = Application(configuration)
/// ```
///
/// It has routes of its own, on a loop of its own, which the application's never mix with: it answers when all loops of
/// the application are held. On a loopback address or a Unix socket (its file is the owner's alone) whoever can connect
/// is let in; anywhere else a ``token`` is needed, and the server does not start without one.
///
/// A browser must have asked for a literal address, for `localhost` or for one of ``names``, so that no page elsewhere can
/// reach it through a name of its own (DNS rebinding), and what changes something must come from the dashboard itself.
public struct AdminOptions: Sendable, Equatable {
    /// A literal address, or `unix:/path`. Default 127.0.0.1.
    public var host: String
    /// The port; 0 has the system choose one. It means nothing for a Unix socket. Default 9090.
    public var port: UInt16
    /// The secret that every request must show, at least ``shortestToken`` bytes; nil is none. It travels as it is: put
    /// TLS in front where the way is not trusted, or go through `ssh -L`.
    public var token: String?
    /// Names that a browser may ask for besides literal addresses and `localhost`, such as `admin.example.com`.
    public var names: [String]
    /// The most streams of events that are open at a time (503 beyond). Default 32.
    public var mostListeners = 32

    /// The shortest token that is taken, in bytes: what can't be guessed.
    public static let shortestToken = 16

    /// A listener.
    ///
    /// - Parameters:
    ///   - host: A literal address, or `unix:/path`.
    ///   - port: The port; 0 has the system choose one.
    ///   - token: The secret that every request must show.
    ///   - names: Names that a browser may ask for besides literal addresses and `localhost`.
    public init(host: String = "127.0.0.1", port: UInt16 = 9090, token: String? = nil, names: [String] = []) {
        self.host = host
        self.port = port
        self.token = token
        self.names = names
    }

    /// Whether only this machine can connect.
    var isLocal: Bool { AdminPlace(host: host).isLocal }

    /// What keeps it from being opened; nil when nothing does.
    var mistake: AdminError? {
        if let token {
            if token.utf8.count < Self.shortestToken { return .tokenTooShort }
            if !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return .tokenUnprintable }
        } else if !isLocal {
            return .tokenMissing(host: host)
        }
        return nil
    }
}

/// Why an admin listener is not opened.
public enum AdminError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Other machines could reach it, and it has no token.
    case tokenMissing(host: String)
    /// The token could be guessed.
    case tokenTooShort
    /// The token has bytes that a field can't carry.
    case tokenUnprintable

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .tokenMissing(let host):
            "the admin listener on \(host) can be reached from other machines and has no token: give it one "
                + "(--admin-token-file, APUS_ADMIN_TOKEN), or listen on 127.0.0.1 or a Unix socket"
        case .tokenTooShort:
            "the admin token is shorter than \(AdminOptions.shortestToken) bytes and could be guessed: make one with "
                + "openssl rand -hex 16"
        case .tokenUnprintable:
            "the admin token has bytes other than visible ASCII: make one with openssl rand -hex 16"
        }
    }
}

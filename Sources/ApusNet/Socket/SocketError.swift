public import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What can go wrong when a socket is opened. Each case says what to do.
public enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process (or this one) listens there already; `owner` names it when it could be found.
    case addressInUse(SocketAddress, owner: String?)
    /// The process may not bind there: a port below 1024, or a directory it can't write.
    case notPermitted(SocketAddress)
    /// No interface of this machine has the address.
    case addressNotAvailable(SocketAddress)
    /// What is at a Unix socket's path is no socket, and is never replaced.
    case notASocket(path: String)
    /// The folder that a Unix socket's file would be in is not there, or is none.
    case noFolder(String, path: String)
    /// A Unix socket's path must fit the system's field.
    case pathTooLong(String, limit: Int)
    /// The host is not a literal address and no resolver knows it.
    case unknownHost(String)
    /// Nothing accepts connections there.
    case refused(SocketAddress)
    /// Nobody answered there in time.
    case timedOut(SocketAddress)
    /// The handshake of TLS failed there.
    case tls(TLSError, SocketAddress)
    /// Any other failed call.
    case system(SystemError, SocketAddress?)

    /// A sentence that ends with what to do.
    public var description: String {
        switch self {
        case .addressInUse(let address, let owner):
            "\(address) is in use"
                + (owner.map { " by \($0): stop it, or choose another \(address.kindOfPlace)" }
                    ?? ": choose another \(address.kindOfPlace), or stop what listens there")
        case .notPermitted(let address):
            if let port = address.port, port < 1024 {
                "port \(port) needs a privilege: choose a port from 1024, or give the program CAP_NET_BIND_SERVICE"
            } else {
                "no permission to listen on \(address): check who may write its directory"
            }
        case .addressNotAvailable(let address):
            "\(address.host) is not an address of this machine: use 127.0.0.1, 0.0.0.0, or one that `ip address` shows"
        case .notASocket(let path):
            "\(path) is there and is no socket: choose another path, or remove it if nobody needs it"
        case .noFolder(let folder, let path):
            "\(folder) is no folder, so \(path) can't be made: make it, or choose another path"
        case .pathTooLong(let path, let limit):
            "the socket path \(path) is longer than \(limit) bytes: choose a shorter one"
        case .unknownHost(let host):
            "\(host) is no known host: check the spelling, or use a literal address such as 127.0.0.1"
        case .refused(let address):
            "nothing accepts connections on \(address): is the server running?"
        case .timedOut(let address):
            "\(address) did not answer in time: check the address, and the firewalls on the way"
        case .tls(let error, let address):
            "\(address): \(error)"
        case .system(let error, let address):
            address.map { "\($0): \(error)" } ?? error.description
        }
    }
}

extension SocketAddress {
    /// What there may be another of.
    fileprivate var kindOfPlace: String {
        switch self {
        case .ipv4, .ipv6: "port"
        case .unix(let path): path.hasPrefix("@") ? "name" : "path"
        }
    }
}

extension SocketError {
    /// What a failed attempt to bind, or to listen, means.
    ///
    /// - Parameters:
    ///   - code: The error number.
    ///   - call: The call that failed: `bind` or `listen`.
    ///   - address: The address that was tried.
    init(listening code: CInt, _ call: String, on address: SocketAddress) {
        switch code {
        case EADDRINUSE:
            if case .unix(let path) = address, SocketFile.isForeign(path) {
                self = .notASocket(path: path)
            } else {
                self = .addressInUse(address, owner: PortOwner.find(address))
            }
        case EACCES, EPERM, EROFS: self = .notPermitted(address)
        case EADDRNOTAVAIL: self = .addressNotAvailable(address)
        default:
            if case .unix(let path) = address, code == ENOENT || code == ENOTDIR {
                self = .noFolder(SocketFile.folder(of: path), path: path)
            } else {
                self = .system(SystemError(code: code, call: call), address)
            }
        }
    }

    /// What a failed attempt to connect means; `error` as the handler's `closed` was told it.
    public init(connecting error: SystemError, to address: SocketAddress) {
        switch error.code {
        case ECONNREFUSED: self = .refused(address)
        case ENOENT: if case .unix = address { self = .refused(address) } else { self = .system(error, address) }
        case ETIMEDOUT: self = .timedOut(address)
        default: self = .system(error, address)
        }
    }
}

import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open listening socket, owned.
public struct ListeningSocket: ~Copyable, Sendable {
    /// The descriptor, non-blocking.
    public let descriptor: CInt
    /// The address it is bound to, with the port that the system chose when 0 was asked for.
    public let address: SocketAddress
    /// Whether closing it removes the Unix socket's file.
    private let ownsPath: Bool

    /// Binds and listens. Throws what an operator should read.
    public init(_ address: SocketAddress, _ options: ListenOptions = ListenOptions()) throws(SocketError) {
        let made = apus_socket_errno(address.family, Int32(streamType), 0)
        guard made >= 0 else { throw .system(SystemError(code: made, call: "socket"), address) }
        var bound = false
        defer { if !bound { closeDescriptor(made) } }
        switch address {
        case .ipv4, .ipv6:
            _ = apus_set_option_errno(made, SOL_SOCKET, SO_REUSEADDR, 1)
            if options.reusePort { _ = apus_set_option_errno(made, SOL_SOCKET, SO_REUSEPORT, 1) }
            if options.noDelay { _ = apus_set_option_errno(made, CInt(IPPROTO_TCP), TCP_NODELAY, 1) }
            if let keepAlive = options.keepAlive {
                _ = apus_set_option_errno(made, SOL_SOCKET, SO_KEEPALIVE, 1)
                #if os(Linux)
                    let seconds = CInt(clamping: max(1, keepAlive.components.seconds))
                    _ = apus_set_option_errno(made, CInt(IPPROTO_TCP), TCP_KEEPIDLE, seconds)
                #endif
            }
            if case .ipv6 = address {
                _ = apus_set_option_errno(made, CInt(IPPROTO_IPV6), IPV6_V6ONLY, options.v6Only ? 1 : 0)
            }
        case .unix(let path): Self.removeStale(path)
        }
        let failure = try unsafe address.withSystemAddress { address, length in
            unsafe bind(made, address, length) < 0 ? errno : 0
        }
        guard failure == 0 else { throw Self.explain(failure, "bind", address) }
        guard listen(made, CInt(options.backlog)) == 0 else { throw Self.explain(errno, "listen", address) }
        if case .unix(let path) = address, !path.hasPrefix("@") { _ = unsafe chmod(path, options.unixMode) }
        bound = true
        descriptor = made
        self.address = SocketAddress.local(of: made) ?? address
        if case .unix(let path) = address { ownsPath = !path.hasPrefix("@") } else { ownsPath = false }
    }

    /// Takes a listening descriptor over, as from systemd. Throws when it does not listen.
    public init(takingOver descriptor: CInt) throws(SocketError) {
        var listens: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        let failed = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size)
        guard failed == 0, listens != 0, let address = SocketAddress.local(of: descriptor) else {
            throw .system(SystemError(code: failed == 0 ? EINVAL : errno, call: "descriptor \(descriptor)"), nil)
        }
        _ = apus_set_nonblocking_errno(descriptor)
        self.descriptor = descriptor
        self.address = address
        ownsPath = false
    }

    deinit {
        closeDescriptor(descriptor)
        if ownsPath, case .unix(let path) = address { _ = unsafe unlink(path) }
    }

    /// Another descriptor of the same socket, which the caller owns; or -1.
    borrowing func duplicate() -> CInt { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

    /// Removes a Unix socket's file that nobody listens on any more.
    private static func removeStale(_ path: String) {
        guard !path.hasPrefix("@") else { return }
        let probe = apus_socket_errno(AF_UNIX, Int32(streamType), 0)
        guard probe >= 0 else { return }
        defer { closeDescriptor(probe) }
        let failure = try? unsafe SocketAddress.unix(path: path).withSystemAddress { address, length in
            unsafe connect(probe, address, length) < 0 ? errno : 0
        }
        if failure == ECONNREFUSED { _ = unsafe unlink(path) }
    }

    private static func explain(_ code: CInt, _ call: String, _ address: SocketAddress) -> SocketError {
        switch code {
        case EADDRINUSE: .addressInUse(address, owner: PortOwner.find(address))
        case EACCES, EPERM: .notPermitted(address)
        case EADDRNOTAVAIL: .addressNotAvailable(address)
        default: .system(SystemError(code: code, call: call), address)
        }
    }
}

#if canImport(Glibc)
    let streamType = SOCK_STREAM.rawValue
#else
    let streamType = SOCK_STREAM
#endif

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
    /// The Unix socket's file, when it is ours to remove.
    private var file: SocketFile?

    /// Binds and listens. `*` on a machine without IPv6 listens on every IPv4 address.
    ///
    /// A file that an ended process left at a Unix socket's path is replaced; one that is no socket never is.
    ///
    /// - Throws: `SocketError`, which says what an operator can do.
    public init(_ wanted: SocketAddress, _ options: ListenOptions = ListenOptions()) throws(SocketError) {
        var address = wanted
        var made = apus_socket_errno(address.family, Int32(streamType), 0)
        if made == -EAFNOSUPPORT, case .ipv6(.any, let port, _) = address {
            address = .ipv4(.any, port: port)
            made = apus_socket_errno(address.family, Int32(streamType), 0)
        }
        guard made >= 0 else { throw .system(SystemError(code: made, call: "socket"), address) }
        var isBound = false
        defer { if !isBound { closeDescriptor(made) } }
        Self.configure(made, address, options)
        if case .unix(let path) = address { try SocketFile.removeStale(path) }
        let failure = try address.bindErrno(made)
        guard failure == 0 else { throw SocketError(listening: failure, "bind", on: address) }
        // Before it listens, so that nobody connects whom the mode keeps out.
        var madeFile: SocketFile?
        if case .unix(let path) = address { madeFile = SocketFile(path, mode: options.unixMode) }
        guard listen(made, CInt(options.backlog)) == 0 else {
            defer { madeFile?.remove() }
            throw SocketError(listening: errno, "listen", on: address)
        }
        isBound = true
        file = madeFile
        descriptor = made
        self.address = SocketAddress.local(of: made) ?? address
    }

    private static func configure(_ socket: CInt, _ address: SocketAddress, _ options: ListenOptions) {
        guard address.port != nil else { return }
        _ = apus_set_option_errno(socket, SOL_SOCKET, SO_REUSEADDR, 1)
        if options.reusePort { _ = apus_set_option_errno(socket, SOL_SOCKET, SO_REUSEPORT, 1) }
        SocketOptions.set(on: socket, noDelay: options.noDelay, keepAlive: options.keepAlive)
        SocketOptions.deferAccept(on: socket, atMost: options.deferAccept)
        if case .ipv6 = address {
            _ = apus_set_option_errno(socket, CInt(IPPROTO_IPV6), IPV6_V6ONLY, options.v6Only ? 1 : 0)
        }
    }

    /// Throws when an address can't be listened on, without listening: nobody connects to a socket that is gone at
    /// once. A port of 0 and a Unix socket need no look ahead.
    package static func probe(_ address: SocketAddress) throws(SocketError) {
        guard let port = address.port, port != 0 else { return }
        let made = apus_socket_errno(address.family, Int32(streamType), 0)
        guard made >= 0 else { return }
        defer { closeDescriptor(made) }
        var exclusive = ListenOptions()
        exclusive.reusePort = false
        configure(made, address, exclusive)
        let failure = try address.bindErrno(made)
        guard failure == 0 else { throw SocketError(listening: failure, "bind", on: address) }
    }

    /// Takes a listening descriptor over, as from systemd. Throws when it does not listen.
    public init(takingOver descriptor: CInt, _ options: ListenOptions = ListenOptions()) throws(SocketError) {
        address = try Self.check(descriptor, options)
        self.descriptor = descriptor
        file = nil
    }

    /// Throws when a descriptor does not listen; sets the options of one that does, and gives its address.
    @discardableResult
    static func check(_ descriptor: CInt, _ options: ListenOptions) throws(SocketError) -> SocketAddress {
        var listens: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        let failed = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size)
        guard failed == 0, listens != 0, let address = SocketAddress.local(of: descriptor) else {
            throw .system(SystemError(code: failed == 0 ? EINVAL : errno, call: "descriptor \(descriptor)"), nil)
        }
        _ = apus_set_nonblocking_errno(descriptor)
        if address.port != nil {
            SocketOptions.set(on: descriptor, noDelay: options.noDelay, keepAlive: options.keepAlive)
            SocketOptions.deferAccept(on: descriptor, atMost: options.deferAccept)
        }
        return address
    }

    deinit {
        closeDescriptor(descriptor)
        file?.remove()
    }

    /// The Unix socket's file is ours from now on: another process, which made it, has handed the socket over.
    package mutating func adoptFile() {
        if file == nil, case .unix(let path) = address { file = SocketFile(path) }
    }

    /// The Unix socket's file is another process's from now on.
    package mutating func disownFile() { file = nil }

    /// Another descriptor of the same socket, which the caller owns; or -1.
    package borrowing func duplicate() -> CInt { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
}

#if canImport(Glibc)
    let streamType = SOCK_STREAM.rawValue
#else
    let streamType = SOCK_STREAM
#endif

public import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Connection {
    /// Begins to connect to a server; returns before it has answered. Loop only.
    ///
    /// The handler hears `connected` when the server has answered. When it can't be reached, the only thing heard is
    /// `closed`, whose error has `connect` as its call: `ECONNREFUSED`, `ETIMEDOUT` when `options.timeout` has passed,
    /// or another. `SocketError(connecting:to:)` makes a sentence of it. What is written meanwhile waits.
    ///
    /// ```swift
    /// loop.execute { loop in
    ///     _ = try? Connection.connect(to: address, on: loop, handler: Greeter())
    /// }
    /// ```
    ///
    /// - Throws: What fails at once: no descriptor is free, the local address can't be bound, or the system knows
    ///   without asking that nobody listens (Unix sockets).
    @discardableResult
    public static func connect(
        to address: SocketAddress, on loop: EventLoop, options: ConnectOptions = ConnectOptions(),
        handler: any ConnectionHandler
    ) throws(SocketError) -> Connection {
        loop.preconditionOnLoop()
        let descriptor = try connectingSocket(to: address, options)
        let connection = Connection(loop: loop, descriptor: descriptor, handler: handler)
        connection.flags.insert(.connecting)
        #if TLS && canImport(COpenSSL)
            if let tls = options.tls {
                let handshake = TLSHandshake(.client(tls, port: address.port ?? 0))
                connection.tls = TLSSession(TLSWorkspace.of(loop), handshake: handshake)
            }
        #endif
        loop.attach(connection)
        connection.setTimer(at: loop.tick + options.timeout.clampedNanoseconds / 1_000_000 + 1)
        connection.awaitWritable()
        return connection
    }

    /// A socket that is being connected.
    private static func connectingSocket(
        to address: SocketAddress, _ options: ConnectOptions
    ) throws(SocketError) -> CInt {
        let made = apus_socket_errno(address.family, Int32(streamType), 0)
        guard made >= 0 else { throw .system(SystemError(code: made, call: "socket"), address) }
        var isKept = false
        defer { if !isKept { closeDescriptor(made) } }
        if address.port != nil { SocketOptions.set(on: made, noDelay: options.noDelay, keepAlive: options.keepAlive) }
        if let local = options.localAddress {
            #if os(Linux)
                // The port is chosen when the peer is known, so that it need be free for that peer alone.
                if local.port == 0 { _ = apus_set_option_errno(made, CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1) }
            #endif
            let failure = try local.bindErrno(made)
            guard failure == 0 else { throw SocketError(listening: failure, "bind", on: local) }
        }
        let failure = try address.connectErrno(made)
        guard failure == 0 || failure == EINPROGRESS || failure == EINTR else {
            throw SocketError(connecting: SystemError(code: failure, call: "connect"), to: address)
        }
        isKept = true
        return made
    }

    /// The socket has room to write, or is broken: the attempt has ended.
    func finishConnecting() {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        if unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) < 0 { code = errno }
        if code == 0, isConnectedToItself { code = ECONNREFUSED }
        guard code == 0 else { return failed(SystemError(code: code, call: "connect")) }
        flags.remove(.connecting)
        cancelTimer()
        #if TLS && canImport(COpenSSL)
            if let handshake = tls?.handshake { return beginTLSAsClient(handshake) }
        #endif
        handler?.connected(self)
        startReceiving()
        if isOpen { flush() }
    }

    /// Whether the system chose, as our port, the very one that was to be reached, and so met itself: what can
    /// happen on one machine when nobody listens there (RFC 9293, 3.5, simultaneous open).
    private var isConnectedToItself: Bool {
        guard let remote = SocketAddress.remote(of: descriptor), let port = remote.port, port >= 1024 else {
            return false
        }
        return remote == SocketAddress.local(of: descriptor)
    }
}

#if TLS && canImport(COpenSSL)
    public import ApusRuntime

    extension AsyncConnection {
        /// What was agreed on with the peer by TLS; nil on a connection without, and once closed.
        public var tlsInfo: TLSInfo? { stream.value.connection?.tlsInfo }
    }

    extension AsyncListener {
        /// Listens with TLS on every loop of the group, and returns when connections can come. A connection is there to be
        /// taken when its handshake is done.
        ///
        /// - Parameters:
        ///   - address: Where to listen; port 0 has the system choose one.
        ///   - group: The loops.
        ///   - options: The sockets' options, and how many connections are let in. One that is refused is closed.
        ///   - tls: How TLS is spoken.
        ///   - waiting: Connections that may wait to be taken before accepting pauses.
        /// - Throws: `SocketError`, which says what an operator can do.
        public static func listen(
            on address: SocketAddress, group: LoopGroup, options: ListenOptions = ListenOptions(), tls: TLSListening,
            waiting: Int = 256
        ) throws(SocketError) -> AsyncListener {
            let queue = AcceptQueue(capacity: waiting)
            let handlers = handlers(queue)
            let server = try StreamServer.listen(on: address, group: group, options: options, tls: tls) { loop, _ in
                handlers(loop)
            }
            return AsyncListener(server, queue, group)
        }
    }
#endif

#if TLS && canImport(COpenSSL)
    /// How a server speaks TLS on an address.
    public struct TLSListening: Sendable {
        /// Where certificates, versions and all else that both sides agree on come from; asked for each handshake.
        public var context: TLSContextSource
        /// How long a handshake may take, from the accepted connection on.
        public var handshakeTimeout = Duration.seconds(10)
        /// Handshakes that may be under way at the same time on all loops; beyond it, connections wait in the kernel's
        /// backlog. Nil is without limit.
        public var concurrentHandshakes: Int? = 4096
        /// Whether handshakes are computed by `WorkStealingPool.shared` instead of on the connection's loop. Default false:
        /// a loop gives them a millisecond of each turn, so that they don't stall it. It pays where there are fewer loops
        /// than processors; each step costs two more changes of thread.
        public var usesWorkStealingPool = false
        /// Whether OpenSSL reads and writes the records of a connection to its end. Default false: where TLS 1.3 was agreed
        /// on, it does the handshake, and then gives way to records of our own, so that an idle connection is spared its
        /// state of 13 KB.
        public var leavesRecordsToOpenSSL = false
        /// Whether the kernel encrypts large files, which then leave by `sendfile`, and what follows them on their
        /// connections: with TLS 1.3 and the epoll driver, where the kernel has the module `tls`, and as ever elsewhere.
        /// Default false, for it was never run: the kernels that Apus is tested on have no such module.
        public var usesKernelTLS = false
        /// What a peer that speaks plain HTTP is told before it is closed; nothing when empty.
        public var answerToPlainHTTP = TLSListening.usesHTTPS

        /// TLS with this context.
        public init(_ context: TLSContext) { self.context = .fixed(context) }

        /// TLS with contexts that may change while the server runs.
        public init(_ context: TLSContextSource) { self.context = context }

        /// A response of HTTP/1.1 with status 400 that says to use `https`.
        public static let usesHTTPS = Array(
            """
            HTTP/1.1 400 Bad Request\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Length: 77\r
            Connection: close\r
            \r
            This port speaks HTTPS only: use https:// instead of http:// in the address.

            """.utf8)
    }

    /// What handshakes of one server have come to, on all its loops since it began.
    public struct TLSHandshakeCounts: Sendable, Hashable {
        /// Those under way now.
        public var pending = 0
        /// Those that were completed.
        public var completed = 0
        /// Those of them that went on with an earlier session.
        public var resumed = 0
        /// Those that failed, timed out, or whose peer went away.
        public var failed = 0
    }
#endif

public import ApusHTTP

/// What a server bears from its clients: sizes and times, each with a safe default. What exceeds one gets the right
/// status and a closed connection, and is counted.
public struct ServerLimits: Sendable {
    /// The request line, the fields, their number and their sum.
    public var head = HTTP1Limits()
    /// What is allowed and borne in HTTP/2 alone.
    public var http2 = HTTP2ServerLimits()
    /// Bytes of content in one request (413).
    public var body = 10 << 20
    /// Bytes of content that one loop holds at a time for handlers that want all of it at once: synchronous ones, which are
    /// called when it has come, and asynchronous ones that `collect`. What is announced longer than what is left, and what
    /// arrives above it, is refused (503, with Retry-After); one content alone is held however long its route lets it be.
    /// Content that is read as it comes does not count: its client is made to wait.
    public var gatheredContent = 64 << 20
    /// From the first byte of a request, or from the connection's begin, to the end of its head (408).
    public var headTimeout = Duration.seconds(10)
    /// How far the content of a request may be behind ``bodyMinimumRate`` (408). What came faster is not saved up: one that
    /// stops for this time is left, however much it has sent.
    public var bodyTimeout = Duration.seconds(60)
    /// Bytes a second that a client must send, but for the ``bodyTimeout`` that it has. While its content is held for a
    /// handler that wants all of it (``gatheredContent``) it must also send, each second, what is held divided by ten times
    /// ``bodyTimeout``: whoever takes more memory must hurry more.
    public var bodyMinimumRate = 1024
    /// An open connection without a request is closed after this time.
    public var idleTimeout = Duration.seconds(60)
    /// From a request's head to the begin of its response (503); a streamed response may then take its time.
    public var requestTimeout = Duration.seconds(30)
    /// A client that takes nothing of what waits for it for this time is cut off, at the latest after twice as long; one that
    /// takes something, however little, is not. What counts is what its system has acknowledged.
    public var writeStallTimeout = Duration.seconds(30)
    /// A tunnel through which nothing goes for this time, either way, is broken off, unless it has a time of its own
    /// (``Tunnel/idleTimeout``); nil is without limit. Default one hour. A client whose machine went without a word would
    /// else be waited for without end: a protocol that is silent for longer asks whether its client is there.
    public var tunnelIdleTimeout: Duration? = .seconds(3600)
    /// Whether a client may send its end (FIN) behind a request and still wait for the answer, as `printf … | nc -N` and
    /// some load balancers' probes do.
    ///
    /// A client that closes its socket and one that only shuts down its sending side send the same FIN; which it was
    /// shows only when something is sent to it. So one has to be guessed:
    /// - false, as in nginx for what it proxies, in hyper and in Go: the client is taken for gone, and the handler that
    ///   waits is cancelled. What it answers nevertheless is sent, so a handler that does not look at its
    ///   cancellation, and every synchronous one, still answers half a connection.
    /// - true, as in nginx for files, or with its `proxy_ignore_client_abort`: the handler goes on until the connection
    ///   is reset in both directions or a write fails. One that streams to a client that left learns of it at its next
    ///   write or two; one that computes for long does so for nobody. io_uring tells of a reset after the end only when
    ///   something is sent.
    ///
    /// The end of a client within the content of its request is an error either way.
    public var allowsHalfClose = false
    /// Requests on one connection; nil is without limit.
    public var requestsPerConnection: Int?

    /// The defaults.
    public init() {}
}

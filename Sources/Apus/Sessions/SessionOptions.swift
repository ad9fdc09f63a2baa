public import ApusHTTP

/// How sessions live, and what their cookie is like. Every field has a sensible default.
public struct SessionOptions: Sendable {
    /// The cookie's name. With the prefix `__Host-` browsers keep it for this host alone, over TLS alone (and on
    /// `localhost`); another site of the same domain can't plant one.
    public var cookie = "__Host-session"
    /// The path that the cookie goes with.
    public var path = "/"
    /// The domain that the cookie goes to, with all below; nil is this host alone.
    public var domain: String?
    /// Whether the cookie goes over TLS only.
    public var isSecure = true
    /// With which requests from other sites the cookie goes.
    public var sameSite: SetCookie.SameSite? = .lax
    /// Whether browsers keep the cookie when they are closed, for as long as ``lifetime``.
    public var isPersistent = false
    /// A session that is not used for so long ends.
    public var idleTimeout = Duration.seconds(30 * 60)
    /// A session ends when it is so old, however much it is used; ``Session/regenerate()`` begins anew.
    public var lifetime = Duration.seconds(12 * 3600)
    /// The most bytes of a session's values, encoded, with the names of their keys. What is kept in a cookie must fit there
    /// as well: some 2,900 bytes.
    public var mostBytes = 64 << 10
    /// Whether each request with a cookie loads its session before the handler runs, so that synchronous handlers
    /// have it too. Else a session is loaded when a handler asks for it.
    public var loadsAlways = false

    /// The defaults.
    public init() {}

    /// Sends nothing that a client would refuse.
    func check() {
        do {
            _ = try setCookie("value")
        } catch {
            preconditionFailure("sessions can't have this cookie: \(error)")
        }
        precondition(idleTimeout > .zero && lifetime > .zero, "sessions live for some time: give more than zero")
    }

    func setCookie(_ value: String) throws(SetCookieError) -> SetCookie {
        try SetCookie(
            cookie, value, path: path, domain: domain, maxAge: isPersistent ? lifetime : nil, isSecure: isSecure,
            sameSite: sameSite)
    }

    func removal() throws(SetCookieError) -> SetCookie {
        try .removal(of: cookie, path: path, domain: domain, isSecure: isSecure)
    }

    var timing: SessionTiming { SessionTiming(idleTimeout: idleTimeout, lifetime: lifetime) }
}

/// How long sessions live.
public struct SessionTiming: Sendable, Equatable {
    /// How long without use.
    public var idleTimeout: Duration
    /// How long at most.
    public var lifetime: Duration

    /// Times, each more than zero.
    ///
    /// - Parameters:
    ///   - idleTimeout: How long without use.
    ///   - lifetime: How long at most.
    public init(idleTimeout: Duration, lifetime: Duration) {
        self.idleTimeout = idleTimeout
        self.lifetime = lifetime
    }
}

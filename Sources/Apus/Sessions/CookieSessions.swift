#if TLS
    import ApusHTTP
    import CSystem

    /// Gives each client a session whose values the client keeps itself, in a signed cookie: nothing is stored here, and
    /// any server with the same keys can serve the next request.
    ///
    /// ```swift
    /// app.use(CookieSessions(keys: [SigningKey(text: secret)]))
    /// app.get("/count") { context in
    ///     let session = try context.session()
    ///     session[.count] = (session[.count] ?? 0) + 1
    ///     return "\(session[.count] ?? 0)"
    /// }
    /// ```
    ///
    /// The client can read the values but not change them. It can keep an old cookie and send it again, until that
    /// ends: logging out, or spending something, can't be enforced this way. Of requests that change one session at the same
    /// time, the one whose answer comes last wins. It must fit into a cookie: some 2,900 bytes of values.
    ///
    /// Synchronous handlers stay inline. It needs the trait `TLS`, whose OpenSSL signs.
    public struct CookieSessions: SynchronousMiddleware {
        private let signer: CookieSigner
        private let options: SessionOptions

        /// Sessions in cookies.
        ///
        /// - Parameters:
        ///   - keys: The keys, one at least; the first signs, all are accepted.
        ///   - options: How sessions live, and what their cookie is like.
        public init(keys: [SigningKey], _ options: SessionOptions = SessionOptions()) {
            options.check()
            signer = CookieSigner(keys: keys)
            self.options = options
        }

        /// Prepares the request's session. On the request's loop.
        public func before(_ context: Context) throws -> Response? {
            context[SessionAccessKey.self] = CookieSessionAccess(context, signer, options)
            return nil
        }

        /// Sends the session's cookie when something in it was changed, or it would end early. On the request's loop.
        ///
        /// - Throws: ``SessionError``.
        public func after(_ response: inout Response, _ context: Context) throws {
            guard let session = context[SessionAccessKey.self]?.session else { return }
            if let failure = session.failure { throw failure }
            let now = Self.now
            if session.isDestroyed {
                if !session.isNew { context.sendSessionCookie(try options.removal(), with: &response) }
            } else if session.isChanged || isDue(session, now) {
                context.sendSessionCookie(try cookie(session, now), with: &response)
            }
        }

        static var now: UInt64 { apus_realtime_nanoseconds() / 1_000_000_000 }

        /// Whether a tenth of the idle time has passed since the cookie was made: it tells when the session was used.
        private func isDue(_ session: Session, _ now: UInt64) -> Bool {
            guard let times = session.times, now > times.made else { return false }
            return now - times.made > UInt64(options.idleTimeout.components.seconds) / 10
        }

        private func cookie(_ session: Session, _ now: UInt64) throws -> SetCookie {
            let began = session.isRegenerated ? now : session.times?.began ?? now
            let old = Duration.seconds(Int64(now > began ? now - began : 0))
            let content = CookieSessionContent(began: began, made: now, values: session.values)
            let left = min(options.idleTimeout, options.lifetime - old)
            let signed = signer.sign(Base64.encodeForURL(content.encoded), as: options.cookie, for: left)
            do {
                return try options.setCookie(signed)
            } catch {
                guard case .tooLong = error else { throw error }
                let fixed = signed.utf8.count - content.encoded.count
                throw SessionError.tooLarge(
                    bytes: content.encoded.count,
                    most: (SetCookie.mostBytes - options.cookie.utf8.count - fixed % 64) * 3 / 4)
            }
        }
    }

    /// The way to a session in a cookie.
    private final class CookieSessionAccess: SessionAccess {
        // Not counted: the context keeps this.
        private unowned let context: Context
        private let signer: CookieSigner

        init(_ context: Context, _ signer: CookieSigner, _ options: SessionOptions) {
            self.context = context
            self.signer = signer
            super.init(options)
        }

        override func loadNow() throws -> Session? {
            let lifetime = UInt64(options.lifetime.components.seconds)
            guard let signed = signer.value(of: options.cookie, in: context),
                let content = Base64.decodeForURL(signed.utf8).flatMap({ CookieSessionContent(encoded: $0) }),
                content.began + lifetime > CookieSessions.now
            else { return empty() }
            return Session(
                id: nil, values: content.values, mostBytes: options.mostBytes, times: (content.began, content.made))
        }

        override func load() async throws -> Session { try loadNow() ?? empty() }
    }
#endif

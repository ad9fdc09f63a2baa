#if TLS
    public import ApusHTTP
    import ApusNet
    import CSystem

    /// Signs the values of cookies, so that a client can read them but not make or change them.
    ///
    /// ```swift
    /// let signer = CookieSigner(keys: [SigningKey(text: secret)])
    /// app.get("/theme/:name") { context in
    ///     let cookie = try signer.cookie(
    ///         "theme", context.parameters["name"] ?? "light", maxAge: .seconds(86400))
    ///     return Response(.noContent, [.setCookie: cookie.description])
    /// }
    /// app.get("/theme") { context in signer.value(of: "theme", in: context) ?? "light" }
    /// ```
    ///
    /// Signed are the cookie's name, its value and its end, by HMAC-SHA256 (RFC 2104): a value signed for one name is
    /// worth nothing under another, and none outlives its `maxAge`, whatever the client keeps. To change the key, put a
    /// new one in front: the first signs, all are accepted; drop the old one when its cookies have ended.
    ///
    /// It needs the trait `TLS`, whose OpenSSL computes the signatures.
    public struct CookieSigner: Sendable {
        private let keys: [SigningKey]
        private static let purpose = Array("apus cookie 1\0".utf8)

        /// A signer.
        ///
        /// - Parameter keys: The keys, one at least; the first signs, all are accepted.
        public init(keys: [SigningKey]) {
            precondition(!keys.isEmpty, "a signer of cookies has one key at least")
            self.keys = keys
        }

        /// A cookie with a signed value, which ``value(of:in:)`` gives back.
        ///
        /// - Parameters:
        ///   - name: The name.
        ///   - value: The value; any text that a cookie can hold.
        ///   - path: The path it goes with.
        ///   - domain: The domain it goes to; nil is this host alone.
        ///   - maxAge: How long it is kept, and accepted; nil is as long as the browser's session, and accepted for ever.
        ///   - isHTTPOnly: Whether the page's scripts can't read it.
        ///   - sameSite: With which requests from other sites it goes.
        /// - Throws: `SetCookieError`, also for what makes it too long: signing adds 44 to 55 bytes.
        public func cookie(
            _ name: String, _ value: String, path: String? = "/", domain: String? = nil, maxAge: Duration? = nil,
            isHTTPOnly: Bool = true, sameSite: SetCookie.SameSite? = .lax
        ) throws(SetCookieError) -> SetCookie {
            try SetCookie(
                name, sign(value, as: name, for: maxAge), path: path, domain: domain, maxAge: maxAge,
                isHTTPOnly: isHTTPOnly, sameSite: sameSite)
        }

        /// The value of a signed cookie of a request; nil when there is none, its signature is not ours, or it has ended.
        ///
        /// - Parameters:
        ///   - name: The cookie's name.
        ///   - context: The request.
        public func value(of name: String, in context: Context) -> String? {
            // A client may send several of one name, of different paths: the first that is ours counts.
            for cookie in context.cookies where cookie.name == name {
                if let value = verify(cookie.value, as: name) { return value }
            }
            return nil
        }

        /// A value with its end and signature behind it: `value.end.signature`.
        ///
        /// - Parameters:
        ///   - value: The value.
        ///   - name: What it is signed for: the cookie's name.
        ///   - lifetime: How long it is accepted; nil is for ever.
        public func sign(_ value: String, as name: String, for lifetime: Duration? = nil) -> String {
            sign(value, as: name, until: lifetime.map { Self.now &+ UInt64(max(0, $0.components.seconds)) })
        }

        /// The value that was signed; nil when the signature is not ours, or its time has ended.
        ///
        /// - Parameters:
        ///   - signed: What ``sign(_:as:for:)`` gave.
        ///   - name: What it was signed for.
        public func verify(_ signed: String, as name: String) -> String? { verify(signed, as: name, at: Self.now) }

        /// Seconds since 1970.
        private static var now: UInt64 { apus_realtime_nanoseconds() / 1_000_000_000 }

        func sign(_ value: String, as name: String, until end: UInt64?) -> String {
            let text = "\(value).\(end.map { String($0, radix: 36) } ?? "")"
            return "\(text).\(Base64.encodeForURL(code(of: text[...], as: name, by: keys[0])))"
        }

        func verify(_ signed: String, as name: String, at now: UInt64) -> String? {
            guard let dot = signed.utf8.lastIndex(of: UInt8(ascii: ".")),
                let given = Base64.decodeForURL(signed.utf8[signed.utf8.index(after: dot)...]),
                given.count == MessageAuthentication.size
            else { return nil }
            let text = signed[..<dot]
            guard let before = text.utf8.lastIndex(of: UInt8(ascii: ".")),
                keys.contains(where: { ConstantTime.isEqual(given, to: code(of: text, as: name, by: $0)) })
            else { return nil }
            let end = text[text.utf8.index(after: before)...]
            guard end.isEmpty || UInt64(end, radix: 36).map({ $0 > now }) == true else { return nil }
            return String(text[..<before])
        }

        private func code(of text: Substring, as name: String, by key: SigningKey) -> [UInt8] {
            // A name has no NUL, so that what is signed can be read in one way only.
            var message: [UInt8] = []
            message.reserveCapacity(Self.purpose.count + name.utf8.count + 1 + text.utf8.count)
            message += Self.purpose
            message += name.utf8
            message.append(0)
            message += text.utf8
            return key.authentication.code(of: message)
        }
    }

    /// A key that signs, which shows itself to nobody.
    public struct SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
        let bytes: [UInt8]
        fileprivate let authentication: MessageAuthentication

        /// The fewest bytes of a key.
        public static let leastBytes = 16

        /// A key.
        ///
        /// - Parameter bytes: At least ``leastBytes``, 32 better; random, as `openssl rand 32` gives them.
        public init(_ bytes: [UInt8]) {
            precondition(
                bytes.count >= Self.leastBytes,
                "a signing key of \(bytes.count) bytes can be guessed: give 32 random ones, as of openssl rand")
            self.bytes = bytes
            authentication = MessageAuthentication(key: bytes)
        }

        /// A key from text, such as a variable of the environment.
        ///
        /// - Parameter text: At least ``leastBytes`` bytes of UTF-8; random, as `openssl rand -base64 32` gives them.
        public init(text: String) { self.init(Array(text.utf8)) }

        /// A random key, for as long as the process lives.
        public static func random() -> SigningKey {
            var generator = SystemRandomNumberGenerator()
            return SigningKey((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }

        /// Nothing of it.
        public var description: String { "a signing key" }
        /// Nothing of it.
        public var debugDescription: String { description }
    }
#endif

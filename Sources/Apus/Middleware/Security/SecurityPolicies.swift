extension SecurityHeaders {
    /// How long browsers come back by TLS only: `Strict-Transport-Security` (RFC 6797).
    public struct StrictTransport: Sendable, Hashable {
        /// How long, from the last answer on, in whole seconds. Default 730 days, as the preload list wants.
        public var duration = Duration.seconds(730 * 24 * 3600)
        /// Whether sub-domains are meant, too. Default true.
        public var includesSubdomains = true
        /// Whether the domain may be built into browsers (hstspreload.org). Default false, for that is hard to undo.
        public var preloads = false

        /// The defaults, but for what is given.
        ///
        /// - Parameters:
        ///   - duration: How long, in whole seconds.
        ///   - includesSubdomains: Whether sub-domains are meant, too.
        ///   - preloads: Whether the domain may be built into browsers.
        public init(
            _ duration: Duration = .seconds(730 * 24 * 3600), includesSubdomains: Bool = true, preloads: Bool = false
        ) {
            self.duration = duration
            self.includesSubdomains = includesSubdomains
            self.preloads = preloads
        }

        /// The field's value.
        var value: String {
            "max-age=\(max(0, duration.components.seconds))" + (includesSubdomains ? "; includeSubDomains" : "")
                + (preloads ? "; preload" : "")
        }
    }

    /// Who may show a page in a frame: `X-Frame-Options` (RFC 7034).
    public enum Framing: String, Sendable {
        /// `DENY`
        case nobody = "DENY"
        /// `SAMEORIGIN`
        case sameOrigin = "SAMEORIGIN"
    }

    /// What of a page's address goes with requests from it: `Referrer-Policy`.
    public enum ReferrerPolicy: String, Sendable, CaseIterable {
        /// Nothing.
        case noReferrer = "no-referrer"
        /// All, but nothing from TLS to none.
        case noReferrerWhenDowngrade = "no-referrer-when-downgrade"
        /// The origin.
        case origin
        /// The origin to others, all to the own.
        case originWhenCrossOrigin = "origin-when-cross-origin"
        /// Nothing to others, all to the own.
        case sameOrigin = "same-origin"
        /// The origin, but nothing from TLS to none.
        case strictOrigin = "strict-origin"
        /// The origin to others, all to the own, but nothing from TLS to none.
        case strictOriginWhenCrossOrigin = "strict-origin-when-cross-origin"
        /// All, always.
        case unsafeURL = "unsafe-url"
    }

    /// Who shares a group of windows with a page: `Cross-Origin-Opener-Policy`.
    public enum OpenerPolicy: String, Sendable, CaseIterable {
        /// Pages of the own origin that say so, too.
        case sameOrigin = "same-origin"
        /// The same, and windows that the page opens, such as those of payment and sign-in.
        case sameOriginAllowPopups = "same-origin-allow-popups"
        /// Everyone.
        case unsafeNone = "unsafe-none"
    }

    /// Who may embed an answer: `Cross-Origin-Resource-Policy`.
    public enum ResourcePolicy: String, Sendable, CaseIterable {
        /// The own origin.
        case sameOrigin = "same-origin"
        /// The own site: the origins of the same registered domain.
        case sameSite = "same-site"
        /// Everyone.
        case crossOrigin = "cross-origin"
    }

    /// What a page may embed: `Cross-Origin-Embedder-Policy`.
    public enum EmbedderPolicy: String, Sendable, CaseIterable {
        /// What agrees to it.
        case requireCORP = "require-corp"
        /// Anything, but without credentials.
        case credentialless
        /// Anything.
        case unsafeNone = "unsafe-none"
    }
}

extension Context {
    /// The nonce of the request's content security policy: 24 characters of Base64, new in each response and not to be
    /// guessed. Put it into the page's `<script nonce="…">`; see ``ContentSecurityPolicy/Source/nonce``.
    public var cspNonce: String {
        let edge = ensureEdge()
        if let nonce = edge.nonce { return nonce }
        let nonce = Nonce.make()
        edge.nonce = nonce
        return nonce
    }
}

/// Numbers that nobody can guess.
enum Nonce {
    /// 144 bits of the system's generator in 24 characters of Base64.
    static func make() -> String {
        var system = SystemRandomNumberGenerator()
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        var text: [UInt8] = []
        text.reserveCapacity(24)
        for _ in 0..<3 {
            var bits = system.next()
            for _ in 0..<8 {
                text.append(unsafe alphabet.utf8Start[Int(bits & 63)])
                bits &>>= 6
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// What a page may load, run and talk to: the field `Content-Security-Policy` (CSP Level 3).
///
/// ```swift
/// var policy = ContentSecurityPolicy.strict
/// policy.set(.imgSrc, .self, .host("images.example.com"), .scheme("data"))
/// policy.set(.scriptSrc, .nonce, .strictDynamic)
/// ```
///
/// A source ``Source/nonce`` stands for a number that is new in each response, and that ``Context/cspNonce`` gives to
/// the page: `<script nonce="…">`.
public struct ContentSecurityPolicy: Sendable, Hashable {
    /// A part of the policy, for one kind of thing.
    public struct Directive: Sendable, Hashable, CustomStringConvertible {
        /// The name, as `script-src`.
        public let description: String

        init(_ name: String) { description = name }

        /// A directive of another name, or nil when that is no name: letters, digits and `-` (CSP 3, 2.3).
        public init?(named name: String) {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isDirectiveNameByte) else { return nil }
            description = name.lowercased()
        }

        /// For all that has no directive of its own.
        public static let defaultSrc = Directive("default-src")
        /// Scripts.
        public static let scriptSrc = Directive("script-src")
        /// `<script>` elements.
        public static let scriptSrcElem = Directive("script-src-elem")
        /// Scripts in attributes such as `onclick`.
        public static let scriptSrcAttr = Directive("script-src-attr")
        /// Styles.
        public static let styleSrc = Directive("style-src")
        /// Style sheets and `<style>` elements.
        public static let styleSrcElem = Directive("style-src-elem")
        /// Styles in attributes.
        public static let styleSrcAttr = Directive("style-src-attr")
        /// Images.
        public static let imgSrc = Directive("img-src")
        /// Fonts.
        public static let fontSrc = Directive("font-src")
        /// What scripts may connect to: `fetch`, WebSocket, event streams.
        public static let connectSrc = Directive("connect-src")
        /// Sound and video.
        public static let mediaSrc = Directive("media-src")
        /// Plug-ins.
        public static let objectSrc = Directive("object-src")
        /// Frames within the page.
        public static let frameSrc = Directive("frame-src")
        /// Frames and workers within the page.
        public static let childSrc = Directive("child-src")
        /// Workers.
        public static let workerSrc = Directive("worker-src")
        /// The manifest of a web application.
        public static let manifestSrc = Directive("manifest-src")
        /// What `<base>` may name.
        public static let baseURI = Directive("base-uri")
        /// Where forms may be sent.
        public static let formAction = Directive("form-action")
        /// Who may show the page in a frame.
        public static let frameAncestors = Directive("frame-ancestors")
    }

    /// What a directive allows.
    public struct Source: Sendable, Hashable {
        enum Kind: Hashable {
            case text(String)
            case nonce
        }

        let kind: Kind

        private init(_ text: String) { kind = .text(text) }
        private init(_ kind: Kind) { self.kind = kind }

        /// Nothing.
        public static let none = Source("'none'")
        /// The page's own origin.
        public static let `self` = Source("'self'")
        /// Elements that have the response's nonce.
        public static let nonce = Source(.nonce)
        /// What a script loads that was allowed itself.
        public static let strictDynamic = Source("'strict-dynamic'")
        /// What stands in the page itself. It lets in what an attacker writes there, too.
        public static let unsafeInline = Source("'unsafe-inline'")
        /// `eval` and its like.
        public static let unsafeEval = Source("'unsafe-eval'")
        /// Compiling WebAssembly.
        public static let wasmUnsafeEval = Source("'wasm-unsafe-eval'")
        /// Event handlers whose hash is named.
        public static let unsafeHashes = Source("'unsafe-hashes'")
        /// A sample of what was refused in reports.
        public static let reportSample = Source("'report-sample'")

        /// A host: `example.com`, `*.example.com`, `https://example.com:8443/path`.
        ///
        /// - Precondition: It has neither blanks nor any of `;`, `,` and quotes.
        public static func host(_ host: String) -> Source {
            precondition(
                !host.isEmpty && host.utf8.allSatisfy(\.isSourceByte),
                "\"\(host)\" is no host of a policy: write example.com, *.example.com or https://example.com")
            return Source(host)
        }

        /// A scheme without its colon: `https`, `data`, `blob`, `wss`.
        ///
        /// - Precondition: It is made of letters, digits, `+`, `-` and `.`.
        public static func scheme(_ scheme: String) -> Source {
            precondition(
                !scheme.isEmpty && scheme.utf8.allSatisfy { $0.isDirectiveNameByte || $0 == 0x2B || $0 == 0x2E },
                "\"\(scheme)\" is no scheme: write https, data or blob")
            return Source("\(scheme):")
        }

        /// An element whose content has this hash: `sha256`, `sha384` or `sha512`, and the hash in Base64.
        ///
        /// - Precondition: The hash is Base64.
        public static func hash(_ algorithm: HashAlgorithm, _ base64: String) -> Source {
            precondition(
                !base64.isEmpty && base64.utf8.allSatisfy(\.isBase64Byte), "\"\(base64)\" is no hash: give it in Base64"
            )
            return Source("'\(algorithm.rawValue)-\(base64)'")
        }
    }

    /// How content is hashed.
    public enum HashAlgorithm: String, Sendable {
        /// SHA-256.
        case sha256
        /// SHA-384.
        case sha384
        /// SHA-512.
        case sha512
    }

    private var directives: [(name: Directive, sources: [Source])] = []
    /// Whether insecure addresses within the page are asked for by `https`. Default false.
    public var upgradesInsecureRequests = false
    /// The name of a `Reporting-Endpoints` entry that violations are told to; nil tells nobody.
    public var reportsTo: String?

    /// A policy that says nothing yet.
    public init() {}

    /// Nothing but the page's own origin, no plug-ins, no frames around it: for pages whose scripts and styles are files of
    /// their own.
    public static let strict: ContentSecurityPolicy = {
        var policy = ContentSecurityPolicy()
        policy.set(.defaultSrc, .self)
        policy.set(.objectSrc, .none)
        policy.set(.baseURI, .self)
        policy.set(.formAction, .self)
        policy.set(.frameAncestors, .none)
        return policy
    }()

    /// Nothing at all: for answers that are no pages.
    public static let nothing: ContentSecurityPolicy = {
        var policy = ContentSecurityPolicy()
        policy.set(.defaultSrc, .none)
        policy.set(.frameAncestors, .none)
        return policy
    }()

    /// Says what a directive allows, in place of what it said before. Without sources it allows nothing.
    public mutating func set(_ directive: Directive, _ sources: Source...) {
        let sources = sources.isEmpty ? [.none] : sources
        if let index = directives.firstIndex(where: { $0.name == directive }) {
            directives[index].sources = sources
        } else {
            directives.append((directive, sources))
        }
    }

    /// Takes a directive out: what it is for falls back on `default-src`, where there is such a thing.
    public mutating func remove(_ directive: Directive) { directives.removeAll { $0.name == directive } }

    /// Whether each response has a nonce of its own.
    public var hasNonce: Bool { directives.contains { $0.sources.contains(.nonce) } }

    /// The field's value with this nonce; where the policy has none it is not looked at.
    public func value(nonce: String) -> String {
        var parts = directives.map { directive, sources in
            "\(directive) "
                + sources.map { source in
                    switch source.kind {
                    case .text(let text): text
                    case .nonce: "'nonce-\(nonce)'"
                    }
                }.joined(separator: " ")
        }
        if upgradesInsecureRequests { parts.append("upgrade-insecure-requests") }
        if let reportsTo { parts.append("report-to \(reportsTo)") }
        return parts.joined(separator: "; ")
    }

    /// Equal when they say the same in the same order.
    public static func == (left: Self, right: Self) -> Bool {
        left.directives.map(\.name) == right.directives.map(\.name)
            && left.directives.map(\.sources) == right.directives.map(\.sources)
            && left.upgradesInsecureRequests == right.upgradesInsecureRequests && left.reportsTo == right.reportsTo
    }

    /// Feeds what it says.
    public func hash(into hasher: inout Hasher) { hasher.combine(value(nonce: "")) }
}

extension UInt8 {
    fileprivate var isDirectiveNameByte: Bool {
        switch self {
        case 48...57, 65...90, 97...122, 45: true
        default: false
        }
    }

    /// A visible character that ends neither the source, nor the directive, nor the policy.
    fileprivate var isSourceByte: Bool { self > 0x20 && self < 0x7F && !";,'\"".utf8.contains(self) }

    fileprivate var isBase64Byte: Bool {
        switch self {
        case 48...57, 65...90, 97...122, 43, 45, 47, 95, 61: true
        default: false
        }
    }
}

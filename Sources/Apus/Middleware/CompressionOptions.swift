public import ApusHTTP

/// Which responses ``Compression`` codes, and how.
public struct CompressionOptions: Sendable {
    /// The codings that are offered, the favourite first: it decides among those that the client likes equally.
    public var codings = ContentCoding.preferred
    /// How hard each coding tries, from `ContentCoding.levels`; one that is missing takes its
    /// `ContentCoding.usualLevel`.
    public var levels: [ContentCoding: Int] = [:]
    /// The shortest content that is worth it, in bytes. Content of unknown length always is.
    public var leastBytes = 1024
    /// The types that gain: `text/html`, all of a kind (`text/*`), or all with a suffix (`*/*+json`).
    public var types = Self.usualTypes
    /// Types that are left alone although ``types`` has them. Server-sent events are among them, for each of their
    /// connections would hold a library's state, of up to 2.3 MiB, as long as it lives.
    public var excludedTypes = ["text/event-stream"]
    /// The longest content that is coded on the loop at once, in bytes: 64 KiB take a third of a millisecond at the
    /// usual levels. Longer content is handed to `offload`.
    public var mostInline = 64 << 10
    /// The longest file that is coded as it is sent, in bytes; a longer one is sent as it is. Precompressed siblings
    /// (``FileOptions/precompressed``) cost nothing and know no limit.
    public var mostFile = 1 << 20
    /// The most streams that each loop codes at a time; more are sent as they are. A stream's state holds 0.3 MiB
    /// (gzip) to 2.3 MiB (Brotli).
    public var mostStreams = 256
    /// Whether generated content stays as it is where the page of another site asks for it in its user's name, with a
    /// cookie, a password or a certificate: its length would tell that page's author of secrets in it (the BREACH attack).
    /// Which site asks, `Sec-Fetch-Site` tells; where a client does not send it, the Referer field. Default true.
    public var sparesOtherSites = true

    /// The defaults, but for what is given.
    ///
    /// - Parameters:
    ///   - codings: The codings that are offered, the favourite first.
    ///   - levels: How hard each coding tries.
    ///   - leastBytes: The shortest content that is worth it, in bytes.
    ///   - types: The types that gain.
    public init(
        codings: [ContentCoding] = ContentCoding.preferred, levels: [ContentCoding: Int] = [:], leastBytes: Int = 1024,
        types: [String] = Self.usualTypes
    ) {
        self.codings = codings
        self.levels = levels
        self.leastBytes = leastBytes
        self.types = types
    }

    /// Text, and what is text or tables beneath: JSON, scripts, XML, WebAssembly, uncompressed fonts and images.
    public static let usualTypes = [
        "text/*", "*/*+json", "*/*+xml", "*/*+text", "application/json", "application/javascript", "application/xml",
        "application/wasm", "application/jsonl", "application/x-ndjson", "application/json5", "application/yaml",
        "application/toml", "application/sql", "application/graphql", "application/x-javascript",
        "application/vnd.ms-fontobject", "application/rtf", "application/x-protobuf", "application/cbor", "font/ttf",
        "font/otf", "font/collection", "image/bmp", "image/vnd.microsoft.icon", "image/x-icon",
    ]
}

/// A way to make content shorter for its journey, undone by who receives it (RFC 9110, 8.4.1; RFC 7932 for `br`,
/// RFC 8878 and 9659 for `zstd`).
///
/// ```swift
/// let accepted = AcceptEncoding("gzip;q=0.8, br, *;q=0")
/// assert(accepted.best(among: ContentCoding.preferred) == .br)
/// ```
@frozen public enum ContentCoding: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Zstandard: about as short as gzip at a fraction of the time, or as Brotli at the same.
    case zstd
    /// Brotli: the shortest text.
    case br
    /// The format of gzip (RFC 1952): what every client knows.
    case gzip
    /// The zlib format (RFC 1950). What some old programs sent under this name, DEFLATE without it, is not accepted.
    case deflate
    /// No coding.
    case identity

    /// The coding that a token names, in whatever case and by its old name too (`x-gzip`); nil when it names none.
    public init?(_ name: some StringProtocol) {
        switch name.lowercased() {
        case "zstd": self = .zstd
        case "br": self = .br
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        case "identity": self = .identity
        default: return nil
        }
    }

    /// The name that fields use.
    public var name: String {
        switch self {
        case .zstd: "zstd"
        case .br: "br"
        case .gzip: "gzip"
        case .deflate: "deflate"
        case .identity: "identity"
        }
    }

    /// The name that fields use.
    public var description: String { name }

    /// The codings in the order in which a server prefers them when the client has no preference. Some of them may not
    /// be ``isSupported``.
    public static let preferred: [ContentCoding] = [.zstd, .br, .gzip, .deflate]

    /// Whether this build can encode and decode it; `identity` needs nothing.
    public var isSupported: Bool {
        #if Compression && canImport(CZlib)
            true
        #else
            self == .identity
        #endif
    }

    /// The levels that an encoder has, from the fastest to the shortest.
    public var levels: ClosedRange<Int> {
        switch self {
        // Above 19 windows exceed the 8 MiB that a client has to provide (RFC 9659, 3).
        case .zstd: 1...19
        case .br: 0...11
        case .gzip, .deflate: 1...9
        case .identity: 0...0
        }
    }

    /// The level that suits content made for each request: from there on each further step takes half as long again
    /// and saves a hundredth (`Benchmarks/CodingBenchmarks`).
    public var usualLevel: Int {
        switch self {
        case .zstd: 3
        case .br: 4
        case .gzip, .deflate: 5
        case .identity: 0
        }
    }

    /// The codings that a Content-Encoding field lists, in the order in which they were applied, without `identity`
    /// (RFC 9110, 8.4).
    ///
    /// - Parameters:
    ///   - field: The field's value.
    ///   - most: How many there may be.
    /// - Throws: ``CodingError/unsupported(_:)`` for what is no coding of these, ``CodingError/tooMany(most:)``.
    public static func list(of field: String, most: Int = 2) throws(CodingError) -> [ContentCoding] {
        var codings: [ContentCoding] = []
        for element in field.split(separator: ",", omittingEmptySubsequences: true) {
            let name = element.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
            let rest = element[name.endIndex...]
            if name.isEmpty { continue }
            guard rest.allSatisfy({ $0 == " " || $0 == "\t" }), let coding = ContentCoding(name) else {
                throw .unsupported(String(element.prefix(64)))
            }
            guard coding != .identity else { continue }
            guard codings.count < most else { throw .tooMany(most: most) }
            codings.append(coding)
        }
        return codings
    }
}

extension AcceptEncoding {
    /// The coding that the client likes best; among equals the first of `codings`, and `identity` last unless it is
    /// named with a weight of its own.
    ///
    /// - Parameter codings: What can be offered, the server's favourite first; `identity` is offered anyway.
    /// - Returns: Nil when the client takes none of them and forbids content without a coding: 406 (RFC 9110, 12.5.3).
    public func best(among codings: [ContentCoding]) -> ContentCoding? {
        var best: (coding: ContentCoding, quality: Double)?
        for coding in codings where coding != .identity {
            let quality = quality(of: coding.name)
            if quality > best?.quality ?? 0 { best = (coding, quality) }
        }
        let plain = quality(of: "identity")
        if plain > best?.quality ?? 0 { return .identity }
        return best?.coding
    }
}

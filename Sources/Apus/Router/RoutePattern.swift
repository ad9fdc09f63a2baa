/// The paths that a route answers, parsed.
///
/// | Segment | Matches |
/// |---|---|
/// | `users` | itself, byte for byte, after percent-decoding of both |
/// | `:name` | one segment that is not empty, as parameter `name` |
/// | `*` | one segment that is not empty, without a name |
/// | `**` | all that is left, slashes and all, perhaps nothing, as parameter `**`; only as the last segment |
///
/// A literal goes before `:name` and `*`, and these before `**`, from the left. Where the better one leads nowhere the
/// others are tried: with `/a/:x/c` and `/a/b/d`, the path `/a/b/c` is the first one's. A literal `*` is written `%2A`,
/// and a literal that begins with `:` begins with `%3A`. `/files/**` matches `/files/` and all below it, not `/files`.
public struct RoutePattern: Hashable, Sendable {
    /// What stands between two slashes of a pattern.
    public enum Segment: Hashable, Sendable {
        /// Bytes in routing form (see ``RoutePath``); empty only behind a slash at the end.
        case literal([UInt8])
        /// `:name`.
        case parameter(String)
        /// `*`.
        case wildcard
        /// `**`.
        case catchAll
    }

    /// The most bytes that a pattern may have.
    public static let maximumLength = 4096
    /// The name under which the bytes that `**` matched are found.
    public static let catchAllName = "**"

    /// What stands between the slashes, from the left. The root is one empty literal.
    public let segments: [Segment]

    /// The name of each captured segment from the left, nil for `*`: in the order of ``RouteMatch``.
    public var captureNames: [String?] {
        segments.compactMap {
            switch $0 {
            case .literal: nil
            case .parameter(let name): .some(name)
            case .wildcard: .some(nil)
            case .catchAll: .some(Self.catchAllName)
            }
        }
    }

    /// The number of the capture called `name`, for ``RouteMatch``; nil when the pattern has none.
    public func captureIndex(of name: String) -> Int? { captureNames.firstIndex(of: name) }

    /// Whether there is nothing to capture, so that the pattern matches just one path.
    public var isLiteral: Bool {
        segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// Parses a pattern such as `/users/:id/files/**`.
    ///
    /// - Throws: ``RouteError``, whose message says what to write instead.
    public init(_ text: String) throws(RouteError) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else {
            throw RouteError(.emptyPattern, "a route's pattern is empty; write \"/\" for the root")
        }
        guard first == .slash else {
            throw RouteError(
                .missingLeadingSlash, "pattern \"\(text)\" does not begin with a slash; write \"/\(text)\"")
        }
        guard bytes.count <= Self.maximumLength else {
            throw RouteError(
                .tooLong,
                "a pattern of \(bytes.count) bytes; keep it within \(Self.maximumLength), or match the rest with **")
        }
        var parser = RoutePatternParser(text: text)
        let parts = bytes.dropFirst().split(separator: .slash, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            try parser.add(part, isLast: index == parts.count - 1)
        }
        segments = parser.segments
    }

    /// What stands for `host:port`, which has no path.
    static let authority = RoutePattern(segments: [])

    private init(segments: [Segment]) { self.segments = segments }

    /// This pattern with another below it, as a group of routes makes it: `/api` and `/users` are `/api/users`.
    ///
    /// A `suffix` of `/` adds nothing, and a slash at the end of this pattern is not doubled.
    ///
    /// - Throws: ``RouteError`` when the two do not make one pattern, such as with a parameter's name in both.
    public func appending(_ suffix: RoutePattern) throws(RouteError) -> RoutePattern {
        guard suffix.segments != [.literal([])] else { return self }
        var text = description
        if text.utf8.last == .slash { text.removeLast() }
        return try RoutePattern(text + suffix.description)
    }

    /// The pattern with the names left out: two patterns of the same shape match the same paths. (No literal holds a
    /// zero byte.)
    var shape: [UInt8] {
        var shape: [UInt8] = []
        for segment in segments {
            shape.append(.slash)
            switch segment {
            case .literal(let bytes): shape += bytes
            case .parameter, .wildcard: shape += [0, 1]
            case .catchAll: shape += [0, 2]
            }
        }
        return shape
    }
}

extension RoutePattern: CustomStringConvertible {
    /// The canonical text, for lists of routes and as a metric's label: parsing it gives the same pattern.
    public var description: String {
        segments.isEmpty ? "host:port" : path
    }

    private var path: String {
        segments.map { segment in
            switch segment {
            case .literal(let bytes): "/" + Self.readable(bytes)
            case .parameter(let name): "/:" + name
            case .wildcard: "/*"
            case .catchAll: "/**"
            }
        }.joined()
    }

    /// Text where that is UTF-8 and means nothing special in a pattern, escapes elsewhere.
    private static func readable(_ bytes: [UInt8]) -> String {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        var escaped: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isSpecial =
                switch byte {
                case 0...0x20, 0x7F, UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "#"),
                    UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"):
                    true
                case UInt8(ascii: ":"): index == 0
                case 0x80...: !isText
                default: false
                }
            if isSpecial {
                let digits = Array("0123456789ABCDEF".utf8)
                escaped += [.percent, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}

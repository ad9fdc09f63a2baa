/// A request method (RFC 9110, 9): one of the registered ones, or any other token. Methods are case-sensitive.
public struct HTTPMethod: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    /// The methods of RFC 9110 and PATCH (RFC 5789) as small numbers, for tables and switches.
    @frozen public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// A method that is none of the others.
        case other
        /// GET
        case get
        /// HEAD
        case head
        /// POST
        case post
        /// PUT
        case put
        /// DELETE
        case delete
        /// CONNECT
        case connect
        /// OPTIONS
        case options
        /// TRACE
        case trace
        /// PATCH
        case patch

        /// The method whose name stands at `place` of `bytes`.
        init(_ bytes: RawSpan, _ place: ByteSlice) {
            let count = Int(place.count)
            self =
                switch count <= 8 ? bytes.word(Int(place.start), count: count) : 0 {
                case word(of: "GET"): .get
                case word(of: "HEAD"): .head
                case word(of: "POST"): .post
                case word(of: "PUT"): .put
                case word(of: "DELETE"): .delete
                case word(of: "CONNECT"): .connect
                case word(of: "OPTIONS"): .options
                case word(of: "TRACE"): .trace
                case word(of: "PATCH"): .patch
                default: .other
                }
        }

        /// The method's name; empty for `other`.
        @inlinable public var name: StaticString {
            switch self {
            case .other: ""
            case .get: "GET"
            case .head: "HEAD"
            case .post: "POST"
            case .put: "PUT"
            case .delete: "DELETE"
            case .connect: "CONNECT"
            case .options: "OPTIONS"
            case .trace: "TRACE"
            case .patch: "PATCH"
            }
        }
    }

    /// Which of the well-known methods it is.
    public let kind: Kind
    @usableFromInline let custom: String

    /// The well-known method `kind`, which must not be `other`.
    @inlinable public init(_ kind: Kind) {
        precondition(kind != .other, "name the method: HTTPMethod(rawValue:)")
        self.kind = kind
        custom = ""
    }

    /// The method called `rawValue`, or nil when that is not a token (RFC 9110, 9.1).
    public init?(rawValue: String) {
        guard !rawValue.isEmpty, rawValue.utf8.allSatisfy(\.isTokenByte) else { return nil }
        self.init(unchecked: rawValue)
    }

    init(unchecked rawValue: String) {
        kind = Kind.allCases.first { $0 != .other && $0.name.description == rawValue } ?? .other
        custom = kind == .other ? rawValue : ""
    }

    /// The method's name.
    public var rawValue: String { kind == .other ? custom : kind.name.description }

    /// The method's name.
    public var description: String { rawValue }

    /// Whether the method asks for nothing but information (RFC 9110, 9.2.1).
    public var isSafe: Bool {
        switch kind {
        case .get, .head, .options, .trace: true
        default: false
        }
    }

    /// Whether repeating the request has the same effect as sending it once (RFC 9110, 9.2.2).
    public var isIdempotent: Bool { isSafe || kind == .put || kind == .delete }

    /// GET
    @inlinable public static var get: Self { Self(.get) }
    /// HEAD
    @inlinable public static var head: Self { Self(.head) }
    /// POST
    @inlinable public static var post: Self { Self(.post) }
    /// PUT
    @inlinable public static var put: Self { Self(.put) }
    /// DELETE
    @inlinable public static var delete: Self { Self(.delete) }
    /// CONNECT
    @inlinable public static var connect: Self { Self(.connect) }
    /// OPTIONS
    @inlinable public static var options: Self { Self(.options) }
    /// TRACE
    @inlinable public static var trace: Self { Self(.trace) }
    /// PATCH
    @inlinable public static var patch: Self { Self(.patch) }
}

/// A response's status code (RFC 9110, 15).
///
/// A reason phrase of one's own is not kept: HTTP/2 has none, and clients are told to ignore it (RFC 9112, 4).
@frozen public struct Status: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    /// The class of a status code: its first digit.
    @frozen public enum Kind: UInt8, Sendable, Hashable {
        /// 1xx: interim.
        case informational = 1
        /// 2xx
        case successful
        /// 3xx
        case redirection
        /// 4xx
        case clientError
        /// 5xx
        case serverError
        /// 6xx to 9xx: no class that RFC 9110 knows; treated as a server error.
        case invalid
    }

    /// The code, from 100 to 999.
    public let code: UInt16

    @inlinable init(unchecked code: UInt16) { self.code = code }

    /// The status `code`, or nil when it is not from 100 to 999.
    @inlinable public init?(_ code: Int) {
        guard code >= 100, code <= 999 else { return nil }
        self.code = UInt16(code)
    }

    /// The status `rawValue`, or nil when it is not from 100 to 999.
    @inlinable public init?(rawValue: Int) { self.init(rawValue) }

    /// The code, from 100 to 999.
    @inlinable public var rawValue: Int { Int(code) }

    /// The class of the code.
    @inlinable public var kind: Kind { Kind(rawValue: UInt8(code / 100)) ?? .invalid }

    /// Whether a response with this status never has a body, whatever its fields say: 1xx, 204 and 304
    /// (RFC 9112, 6.3).
    @inlinable public var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

    /// The code and the registry's phrase, as in `404 Not Found`.
    public var description: String { "\(code) \(reasonPhrase)" }
}

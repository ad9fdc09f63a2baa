/// A protocol version (RFC 9110, 2.5).
@frozen public struct HTTPVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number before the dot.
    public var major: UInt8
    /// The number behind the dot.
    public var minor: UInt8

    /// The version `major.minor`.
    @inlinable public init(major: UInt8, minor: UInt8) {
        self.major = major
        self.minor = minor
    }

    /// HTTP/1.0
    @inlinable public static var http10: Self { Self(major: 1, minor: 0) }
    /// HTTP/1.1
    @inlinable public static var http11: Self { Self(major: 1, minor: 1) }
    /// HTTP/2
    @inlinable public static var http2: Self { Self(major: 2, minor: 0) }

    /// Orders by major, then by minor version.
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// `HTTP/1.1`, and `HTTP/2` where the minor version means nothing.
    public var description: String { major >= 2 ? "HTTP/\(major)" : "HTTP/\(major).\(minor)" }
}

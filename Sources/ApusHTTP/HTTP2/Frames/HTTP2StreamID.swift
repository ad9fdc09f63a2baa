/// The number of a stream (RFC 9113, 5.1.1): 31 bits, odd for those that a client opens, even for a server's; 0 is the
/// connection itself.
@frozen public struct HTTP2StreamID: RawRepresentable, Hashable, Sendable, Comparable {
    /// The number, 0 ... 2³¹ − 1.
    public let rawValue: UInt32

    /// The stream of that number; the reserved bit above it is dropped.
    @inlinable @inline(__always) public init(rawValue: UInt32) { self.rawValue = rawValue & 0x7FFF_FFFF }

    /// The stream of that number; the reserved bit above it is dropped.
    @inlinable @inline(__always) public init(_ number: UInt32) { self.init(rawValue: number) }

    /// Number 0: the connection.
    @inlinable public static var connection: Self { Self(0) }
    /// The greatest number there is. The first of two GOAWAY frames names it (RFC 9113, 6.8).
    @inlinable public static var last: Self { Self(0x7FFF_FFFF) }

    /// Whether it is the connection and not a stream.
    @inlinable public var isConnection: Bool { rawValue == 0 }

    /// Whether a peer of `role` may open a stream of this number.
    @inlinable public func isOpened(by role: HTTP2Role) -> Bool {
        rawValue & 1 == (role == .client ? 1 : 0) && rawValue != 0
    }

    /// Orders by number, which is the order in which a side opens them.
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension HTTP2StreamID: CustomStringConvertible {
    /// The number in decimal.
    public var description: String { String(rawValue) }
}

/// Which side of a connection somebody is.
@frozen public enum HTTP2Role: UInt8, Hashable, Sendable {
    /// Opens streams of odd numbers, and sends the preface.
    case client
    /// Answers them. It could open streams of even numbers by PUSH_PROMISE; nobody does here.
    case server

    /// The other side.
    @inlinable public var peer: HTTP2Role { self == .client ? .server : .client }
}

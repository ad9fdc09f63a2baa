/// A request method as the router knows it: a small number, so that a lookup is one load from a table.
///
/// The nine methods of RFC 9110 §9 and RFC 5789 have fixed numbers. Any other token (RFC 9110 §9.1 allows them) gets
/// a number from ``RouteTree/Builder/method(named:)`` when a route is registered for it.
@frozen public struct RouteMethod: Hashable, Sendable {
    /// The column of this method in a routing table; 0 to 62, or 255 for ``unregistered``.
    public let index: UInt8

    /// The method with this number; it must be one of the tree that it is used with.
    @inlinable public init(index: UInt8) { self.index = index }

    /// GET, RFC 9110 §9.3.1.
    public static let get = RouteMethod(index: 0)
    /// HEAD, RFC 9110 §9.3.2; answered by the GET route where it has none of its own.
    public static let head = RouteMethod(index: 1)
    /// POST, RFC 9110 §9.3.3.
    public static let post = RouteMethod(index: 2)
    /// PUT, RFC 9110 §9.3.4.
    public static let put = RouteMethod(index: 3)
    /// DELETE, RFC 9110 §9.3.5.
    public static let delete = RouteMethod(index: 4)
    /// CONNECT, RFC 9110 §9.3.6.
    public static let connect = RouteMethod(index: 5)
    /// OPTIONS, RFC 9110 §9.3.7; answered from the routing table where it has no route of its own.
    public static let options = RouteMethod(index: 6)
    /// TRACE, RFC 9110 §9.3.8.
    public static let trace = RouteMethod(index: 7)
    /// PATCH, RFC 5789.
    public static let patch = RouteMethod(index: 8)
    /// A method for which no route exists anywhere. Looking it up still tells 404 from 405.
    public static let unregistered = RouteMethod(index: 255)

    /// The names of the methods with fixed numbers, by number.
    public static let names = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]

    /// What the names of CONNECT for a protocol begin with; no request method has a space.
    static let connectPrefix = "CONNECT "

    /// How many methods one tree can tell apart: the nine, and 54 of one's own.
    public static let limit = 63
}

/// A set of request methods, as a bit for each ``RouteMethod/index``.
@frozen public struct RouteMethodSet: OptionSet, Hashable, Sendable {
    /// Bit `i` stands for the method whose index is `i`.
    public let rawValue: UInt64

    /// The set of these bits.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The set of one method; empty for ``RouteMethod/unregistered``.
    @inlinable public init(_ method: RouteMethod) {
        rawValue = method.index < 64 ? 1 &<< UInt64(method.index) : 0
    }

    /// Whether `method` is in the set.
    @inlinable public func contains(_ method: RouteMethod) -> Bool {
        rawValue & RouteMethodSet(method).rawValue != 0
    }

    /// What an answer may list in `Allow`: HEAD wherever there is GET, and OPTIONS always (unless nothing is there).
    var withAutomatic: RouteMethodSet {
        guard !isEmpty else { return self }
        return union(contains(.get) ? [.init(.head), .init(.options)] : .init(.options))
    }
}

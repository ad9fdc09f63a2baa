/// There is no address to open a connection to: the ``Balancer`` of an ``OutgoingPool`` has none.
public struct NoUpstreamError: Error, Hashable, CustomStringConvertible {
    /// The pool's name.
    public let pool: String

    /// What to do.
    public var description: String { "there is no address for pool \(pool): give its balancer one (Balancer.update)" }
}

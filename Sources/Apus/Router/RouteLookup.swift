/// What the router says about a method and a path.
@frozen public enum RouteLookup: Hashable, Sendable {
    /// The value that the route was registered with; its captures are in the ``RouteMatch``.
    case found(Int)
    /// The path exists, but not for this method: 405, with these methods in `Allow` (RFC 9110 §15.5.6).
    case methodNotAllowed(RouteMethodSet)
    /// OPTIONS for a path that has no OPTIONS route: 204, with these methods in `Allow` (RFC 9110 §9.3.7).
    case options(RouteMethodSet)
    /// The path exists with one slash more or less at its end: 308 (RFC 9110 §15.4.9).
    case redirect(RouteRedirect)
    /// No route: 404.
    case notFound
}

/// What a path ending in `/` has to do with the one that does not.
public enum TrailingSlash: String, Hashable, Sendable, CaseIterable {
    /// They are two different paths.
    case strict
    /// A path without a route is redirected (308) to the other, if that has a route for the method.
    case redirect
    /// A path without a route is answered by the route of the other.
    case ignore
}

/// The way from a path to the one that has the route.
@frozen public enum RouteRedirect: Hashable, Sendable {
    /// A slash is to be added at the path's end.
    case addSlash
    /// The slash at the path's end is to be removed.
    case removeSlash

    /// The value for `Location`, made from the request target as it was received.
    ///
    /// Give it the *encoded* path, not the decoded one, so that what was escaped stays escaped.
    ///
    /// - Parameters:
    ///   - path: the encoded path, beginning with `/`.
    ///   - query: what follows `?`, or nil when there is no `?`.
    public func location(path: RawSpan, query: RawSpan? = nil) -> [UInt8] {
        let kept = self == .removeSlash ? max(path.byteCount - 1, 1) : path.byteCount
        var location: [UInt8] = []
        location.reserveCapacity(path.byteCount + (query?.byteCount ?? 0) + 2)
        path.extracting(first: kept).append(to: &location)
        if self == .addSlash { location.append(.slash) }
        if let query {
            location.append(UInt8(ascii: "?"))
            query.append(to: &location)
        }
        return location
    }
}

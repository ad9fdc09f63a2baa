/// The middleware of a route that only looks at requests, outermost first.
///
/// Each stands in an object that knows its type and the next one, so that a request passes without a copy of what is called,
/// and without a reference counted.
protocol RequestWatch: AnyObject, Sendable {
    /// Whether the handler is to answer; else a middleware has.
    func lets(_ context: Context) throws -> Bool
}

/// One of them.
private final class RequestWatchOf<Looker: RequestMiddleware>: RequestWatch {
    private let looker: Looker
    private let next: (any RequestWatch)?

    init(_ looker: Looker, _ next: (any RequestWatch)?) {
        self.looker = looker
        self.next = next
    }

    func lets(_ context: Context) throws -> Bool {
        if let response = try looker.before(context) {
            context.send(response)
            return false
        }
        guard let next else { return true }
        return try next.lets(context)
    }
}

extension Sequence where Element == any RequestMiddleware {
    /// What calls them one after the other; nil when there are none.
    var watch: (any RequestWatch)? {
        func watch(_ looker: some RequestMiddleware, _ next: (any RequestWatch)?) -> any RequestWatch {
            RequestWatchOf(looker, next)
        }
        return reversed().reduce(nil) { next, looker in watch(looker, next) }
    }
}

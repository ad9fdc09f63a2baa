@testable import Apus

/// A lookup's result with its captures as text, so that a test can compare them at once.
struct Looked: Equatable, CustomStringConvertible {
    var lookup: RouteLookup
    var captures: [String] = []

    var description: String { "\(lookup) \(captures)" }

    static func found(_ value: Int, _ captures: String...) -> Looked {
        Looked(lookup: .found(value), captures: captures)
    }
    static let notFound = Looked(lookup: .notFound)
}

extension RouteTree {
    /// A tree of GET routes whose values are their places in `patterns`.
    init(_ patterns: String..., trailingSlash: TrailingSlash = .strict) throws(RouteError) {
        try self.init(patterns.map { (.get, $0) }, trailingSlash: trailingSlash)
    }

    init(_ routes: [(RouteMethod, String)], trailingSlash: TrailingSlash = .strict) throws(RouteError) {
        var builder = Builder(trailingSlash: trailingSlash)
        for (value, (method, pattern)) in routes.enumerated() {
            try builder.insert(method: method, pattern: pattern, value: value, at: SourcePlace())
        }
        self = builder.build()
    }

    func look(_ path: String) -> Looked { look(.get, Array(path.utf8)) }
    func look(_ path: [UInt8]) -> Looked { look(.get, path) }
    func look(_ method: RouteMethod, _ path: String) -> Looked { look(method, Array(path.utf8)) }

    func look(_ method: RouteMethod, _ path: [UInt8]) -> Looked {
        var match = RouteMatch()
        let lookup = unsafe find(method, path: path.span.bytes, into: &match)
        let captures = (0..<match.count).map { String(decoding: path[match[$0]], as: UTF8.self) }
        return Looked(lookup: lookup, captures: captures)
    }
}

extension RouteMethodSet {
    init(_ methods: RouteMethod...) { self = methods.reduce(into: []) { $0.formUnion(RouteMethodSet($1)) } }
}

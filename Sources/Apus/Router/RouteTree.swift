/// Finds the route of a method and a path: a radix tree over the path's bytes, in flat arrays.
///
/// Made once by a ``Builder``; it never changes afterwards, so every loop may look routes up at once. A lookup allocates
/// nothing, and enters each node of the tree at most once whatever the path: no path makes it take exponential time.
/// (The shape is that of D. R. Morrison's PATRICIA, JACM 15(4), 1968, with a byte as the unit of branching.)
public struct RouteTree: Sendable {
    /// The routes in the order of registration.
    public let routes: [Route]
    /// What a slash at the end of a path means.
    public let trailingSlash: TrailingSlash
    /// The names of methods by ``RouteMethod/index``.
    public let methodNames: [String]

    let nodes: [RouteNode]
    let ends: [RouteNodeEnd]
    /// What is behind the sixteenth byte of long literals.
    let tails: [UInt8]
    /// For each row two words of method set, then the values by method (each plus one); HEAD falls back to GET here.
    let rows: [UInt32]
    /// The column of the method that no route has.
    let unregisteredColumn: Int
    /// The numbers of CONNECT for the protocols that are spoken.
    let tunnelMethods: [Int]
    /// What needs no walk.
    private var literals = LiteralPaths(capacity: 0)

    /// A tree without routes: every lookup is ``RouteLookup/notFound``.
    public init() { self = Builder().build() }

    init(draft: RouteTreeDraft, routes: [Route], methodNames: [String], trailingSlash: TrailingSlash) {
        self.routes = routes
        self.trailingSlash = trailingSlash
        self.methodNames = methodNames
        var compiler = RouteTreeCompiler(draft: draft)
        compiler.compile()
        nodes = compiler.nodes
        ends = compiler.ends
        tails = compiler.tails
        rows = compiler.rows
        unregisteredColumn = methodNames.count
        tunnelMethods = methodNames.indices.filter { methodNames[$0].hasPrefix(RouteMethod.connectPrefix) }
        literals = LiteralPaths(of: routes.map(\.pattern), columns: 0..<unregisteredColumn) { path, column in
            var match = RouteMatch()
            var allowed = RouteMethodSet()
            let value = walk(path, column: column, into: &match, allowed: &allowed) {}
            // Another's method may be found here behind a capture.
            return match.count == 0 ? value : 0
        }
    }

    /// The number of the method with this token, or nil when no route of this tree can have it: 501, or
    /// ``RouteMethod/unregistered`` to go on. Compares strings: for methods that the parser does not know by number.
    public func method(named token: RawSpan) -> RouteMethod? {
        let index = methodNames.firstIndex { name in
            let name = name.utf8
            return name.count == token.byteCount && name.enumerated().allSatisfy { token.byte(at: $0) == $1 }
        }
        return index.map { RouteMethod(index: UInt8($0)) }
    }

    /// The number of CONNECT for a tunnel that speaks the protocol of this name, or nil when no route of this tree does.
    /// Case does not matter (RFC 9110 §7.8).
    public func method(connecting name: RawSpan) -> RouteMethod? {
        let prefix = RouteMethod.connectPrefix.utf8.count
        for index in tunnelMethods {
            let known = methodNames[index].utf8
            guard known.count == prefix + name.byteCount else { continue }
            let isSame = known.dropFirst(prefix).enumerated().allSatisfy { offset, letter in
                let byte = name.byte(at: offset)
                return byte == letter || byte &+ 32 == letter && (0x41...0x5A).contains(byte)
            }
            if isSame { return RouteMethod(index: UInt8(index)) }
        }
        return nil
    }

    /// Whether one of these methods stands for a tunnel by some protocol.
    func tunnels(among methods: RouteMethodSet) -> Bool {
        tunnelMethods.contains { methods.contains(RouteMethod(index: UInt8($0))) }
    }

    /// The value of an `Allow` field (RFC 9110 §10.2.1): `GET, HEAD, OPTIONS`.
    public func allow(_ methods: RouteMethodSet) -> String {
        var names: [String] = []
        for (index, name) in methodNames.enumerated() where methods.contains(RouteMethod(index: UInt8(index))) {
            let shown = name.hasPrefix(RouteMethod.connectPrefix) ? RouteMethod.names[5] : name
            if !names.contains(shown) { names.append(shown) }
        }
        return names.joined(separator: ", ")
    }

    /// The methods that some route of this tree answers, for `OPTIONS *`.
    public var allMethods: RouteMethodSet {
        routes.reduce(into: RouteMethodSet()) { $0.formUnion(RouteMethodSet($1.method)) }.withAutomatic
    }

    /// Looks a route up.
    ///
    /// HEAD finds the GET route of a pattern that has no HEAD route. A route that lacks the method does not hide a less
    /// particular one that has it: with `POST /users/me` and `GET /users/:id`, `GET /users/me` is found.
    ///
    /// - Parameters:
    ///   - method: the request's method; a number that no route has is looked up like any other.
    ///   - path: in routing form (see ``RoutePath``), beginning with `/`, less than 4 GiB.
    ///   - match: receives the captures; what it held is gone, whatever the result.
    public func find(_ method: RouteMethod, path: RawSpan, into match: inout RouteMatch) -> RouteLookup {
        let column = min(Int(method.index), unregisteredColumn)
        let literal = literals.find(path, column: column)
        if literal != 0 {
            match.count = 0
            return .found(Int(literal &- 1))
        }
        var allowed = RouteMethodSet()
        let value = walk(path, column: column, into: &match, allowed: &allowed) {}
        if value != 0 { return .found(Int(value &- 1)) }
        return missed(method, column: column, path: path, into: &match, allowed: allowed)
    }

    /// What to answer when the path itself has no route for the method.
    @inline(never)
    private func missed(
        _ method: RouteMethod, column: Int, path: RawSpan, into match: inout RouteMatch, allowed: RouteMethodSet
    ) -> RouteLookup {
        match.count = 0
        if !allowed.isEmpty {
            return method == .options ? .options(allowed.withAutomatic) : .methodNotAllowed(allowed.withAutomatic)
        }
        guard trailingSlash != .strict, path.byteCount > 1, path.byte(at: 0) == .slash else { return .notFound }

        let redirect: RouteRedirect = path.byte(at: path.byteCount - 1) == .slash ? .removeSlash : .addSlash
        var otherAllowed = RouteMethodSet()
        let value: UInt32
        switch redirect {
        case .removeSlash:
            let other = path.extracting(droppingLast: 1)
            value = walk(other, column: column, into: &match, allowed: &otherAllowed) {}
        case .addSlash:
            var other: [UInt8] = []
            other.reserveCapacity(path.byteCount + 1)
            path.append(to: &other)
            other.append(.slash)
            value = unsafe walk(other.span.bytes, column: column, into: &match, allowed: &otherAllowed) {}
            match.clamp(to: path.byteCount)
        }
        if value != 0 {
            if trailingSlash == .ignore { return .found(Int(value - 1)) }
            match.count = 0
            return isSafeToRedirect(path) ? .redirect(redirect) : .notFound
        }
        guard !otherAllowed.isEmpty else { return .notFound }
        // A preflight must not be redirected, and a redirect to a 405 helps nobody.
        return method == .options ? .options(otherAllowed.withAutomatic) : .methodNotAllowed(otherAllowed.withAutomatic)
    }

    /// Not `//host` nor `/\host`, which a browser takes for another site when it stands in `Location`.
    private func isSafeToRedirect(_ path: RawSpan) -> Bool {
        let second = path.byte(at: 1)
        return second != .slash && second != UInt8(ascii: "\\")
    }
}

extension RouteTree {
    /// A route as it was registered.
    public struct Route: Hashable, Sendable {
        /// The request method's number in this tree.
        public let method: RouteMethod
        /// The paths it answers; its description is the route's template for logs and metrics.
        public let pattern: RoutePattern
        /// What ``RouteLookup/found(_:)`` carries.
        public let value: Int
        /// Where it was registered.
        public let place: SourcePlace
    }

    /// Collects routes, refuses the bad ones, and builds the tree: any loop may then look routes up in it.
    ///
    /// ```swift
    /// var builder = RouteTree.Builder(trailingSlash: .redirect)
    /// try builder.insert(method: .get, pattern: "/users/:id", value: 0, at: SourcePlace())
    /// let tree = builder.build()
    /// ```
    public struct Builder: Sendable {
        /// The policy for a slash at the end of a path.
        public var trailingSlash: TrailingSlash
        /// The routes so far, in the order of registration.
        public private(set) var routes: [Route] = []
        private var methodNames = RouteMethod.names
        private var routeByShape: [Shape: Int] = [:]

        private struct Shape: Hashable {
            let method: RouteMethod
            let shape: [UInt8]
        }

        /// A builder without routes.
        public init(trailingSlash: TrailingSlash = .redirect) { self.trailingSlash = trailingSlash }

        /// The number of the method called `name`, which becomes known if it was not. Case matters (RFC 9110 §9.1).
        ///
        /// - Throws: ``RouteError`` with ``RouteError/Reason/badMethod`` when `name` is no token, or there are too many.
        public mutating func method(named name: String) throws(RouteError) -> RouteMethod {
            if let known = methodNames.firstIndex(of: name) { return RouteMethod(index: UInt8(known)) }
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw RouteError(
                    .badMethod, "\"\(name)\" is no request method; use a token of letters such as \"PROPFIND\"")
            }
            guard methodNames.count < RouteMethod.limit else {
                throw RouteError(
                    .badMethod,
                    "\"\(name)\" is one method more than the \(RouteMethod.limit) that one router can tell apart; "
                        + "route it inside a handler")
            }
            methodNames.append(name)
            return RouteMethod(index: UInt8(methodNames.count - 1))
        }

        /// The number of CONNECT for a tunnel that speaks the protocol called `name` (RFC 8441), which becomes known if it
        /// was not. Case does not matter (RFC 9110 §7.8).
        ///
        /// - Throws: ``RouteError`` with ``RouteError/Reason/badMethod`` when `name` is no token, or there are too many.
        public mutating func method(connecting name: String) throws(RouteError) -> RouteMethod {
            guard !name.isEmpty, name.utf8.allSatisfy({ Self.isTokenByte($0) || $0 == .slash }) else {
                throw RouteError(
                    .badMethod, "\"\(name)\" is no name of a protocol; use a token such as \"websocket\"")
            }
            let known = RouteMethod.connectPrefix + name.lowercased()
            if let index = methodNames.firstIndex(of: known) { return RouteMethod(index: UInt8(index)) }
            guard methodNames.count < RouteMethod.limit else {
                throw RouteError(
                    .badMethod,
                    "\"\(name)\" is one protocol more than one router can tell apart beside \(methodNames.count) "
                        + "methods and protocols; tell them apart inside a handler")
            }
            methodNames.append(known)
            return RouteMethod(index: UInt8(methodNames.count - 1))
        }

        /// Adds a route.
        ///
        /// - Parameters:
        ///   - method: one of the fixed methods, or one from ``method(named:)`` of this builder.
        ///   - pattern: see ``RoutePattern``.
        ///   - value: what a lookup gives back, such as the index of a handler; 0 to 2³² - 2.
        ///   - place: named in messages. A function that passes its caller's place on takes `file: String = #fileID` and
        ///     `line: Int = #line` itself.
        /// - Throws: ``RouteError`` for a bad pattern, and when a route for the same method and the same paths is there.
        public mutating func insert(
            method: RouteMethod, pattern: String, value: Int, at place: SourcePlace
        ) throws(RouteError) {
            do throws(RouteError) {
                try insert(method: method, pattern: RoutePattern(pattern), value: value, at: place)
            } catch {
                var error = error
                error.place = place
                throw error
            }
        }

        /// Adds a route whose pattern is parsed already.
        public mutating func insert(
            method: RouteMethod, pattern: RoutePattern, value: Int, at place: SourcePlace
        ) throws(RouteError) {
            precondition(method.index < methodNames.count, "the method's number must come from this builder")
            precondition(value >= 0 && value < Int(UInt32.max), "a route's value must fit in 32 bits")
            let shape = Shape(method: method, shape: pattern.shape)
            if let index = routeByShape[shape] {
                let other = routes[index]
                let name = methodNames[Int(method.index)]
                let same = other.pattern == pattern ? "" : " (as \(other.pattern), which matches the same paths)"
                throw RouteError(
                    .conflict,
                    "\(name) \(pattern) is registered already at \(other.place)\(same); remove one of the two, "
                        + "or change its path or method",
                    place: place, otherPlace: other.place)
            }
            routeByShape[shape] = routes.count
            routes.append(Route(method: method, pattern: pattern, value: value, place: place))
        }

        /// The tree of the routes so far. The builder can go on afterwards, and build another.
        public func build() -> RouteTree {
            var draft = RouteTreeDraft(methodCount: methodNames.count)
            for route in routes { draft.insert(route) }
            return RouteTree(draft: draft, routes: routes, methodNames: methodNames, trailingSlash: trailingSlash)
        }

        /// `tchar` of RFC 9110 §5.6.2.
        private static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}

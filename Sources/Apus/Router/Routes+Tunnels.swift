import ApusHTTP

/// Which requests a route for tunnels is for.
enum TunnelKind: Sendable, Equatable {
    /// `CONNECT host:port`.
    case authority
    /// Those that ask for this protocol at a path: by an extended CONNECT, or by Upgrade in HTTP/1.1.
    case named(String)

    /// What a stream of HTTP/2 is reset for when its tunnel breaks (RFC 9113, 8.5; RFC 8441, 5).
    var failure: HTTP2Violation {
        switch self {
        case .authority: .tunnelFailed
        case .named: .cancelled
        }
    }
}

extension Routes {
    /// Registers a handler for tunnels that speak a protocol at a path: an extended CONNECT in HTTP/2 (RFC 8441), and in
    /// HTTP/1.1 a GET that asks for an upgrade to it (RFC 9110, 7.8).
    ///
    /// ```swift
    /// app.connect("/chat/:room", protocol: "chat") { context in
    ///     let room = try context.parameters.require("room", as: String.self)
    ///     return Tunnel { stream in try await stream.write("welcome to \(room)\n") }
    /// }
    /// ```
    ///
    /// One path may have a route for each of several protocols, beside those for GET and other methods. A protocol that no
    /// route speaks is answered with 501; in HTTP/1.1 an Upgrade to one is passed over.
    ///
    /// - Parameters:
    ///   - pattern: The paths, as for any route.
    ///   - name: The protocol, as the registry of HTTP upgrade tokens has it; case does not matter.
    ///   - file: Where it is registered, for messages.
    ///   - line: The line there.
    ///   - handler: Takes the tunnel, or throws why not, on the connection's loop.
    public func connect(
        _ pattern: String, protocol name: String, file: String = #fileID, line: Int = #line,
        _ handler: @escaping @Sendable (Context) async throws -> Tunnel
    ) {
        registerTunnel(prefix + pattern, .named(name), SourcePlace(file: file, line: line), handler)
    }

    /// Registers the handler for `CONNECT host:port` (RFC 9110, 9.3.6; RFC 9113, 8.5), by which clients ask a proxy for a
    /// connection to ``Context/authority``. There is one in an application at most, whatever its prefix.
    ///
    /// Nothing is let through that the handler does not let through itself: allow just the hosts and ports that clients
    /// have a need of, else the server is a way around any firewall for everybody.
    ///
    /// - Parameters:
    ///   - file: Where it is registered, for messages.
    ///   - line: The line there.
    ///   - handler: Takes the tunnel, or throws why not, on the connection's loop.
    public func connect(
        file: String = #fileID, line: Int = #line, _ handler: @escaping @Sendable (Context) async throws -> Tunnel
    ) {
        registerTunnel("/", .authority, SourcePlace(file: file, line: line), handler)
    }

    private func registerTunnel(
        _ pattern: String, _ kind: TunnelKind, _ place: SourcePlace,
        _ handler: @escaping @Sendable (Context) async throws -> Tunnel
    ) {
        let respond: @Sendable (Context) async throws -> Response = { context in
            try await handler(context).response(to: context)
        }
        application.register(
            .connect, pattern, place, options,
            RouteHandler(
                middleware: middleware,
                kind: .asynchronous({ context in context.send(try await respond(context)) }, respond)),
            tunnel: kind)
    }
}

extension Application.Draft {
    /// Puts the route into the tree, unless it needs no path; the result is its pattern.
    func insert(into builder: inout RouteTree.Builder, behind routes: [Route]) throws(RouteError) -> RoutePattern {
        let named: RouteMethod
        switch tunnel {
        case .authority:
            if let other = routes.first(where: { $0.tunnel == .authority }) {
                throw RouteError(
                    .conflict, "CONNECT host:port is registered already at \(other.place); remove one of the two",
                    place: place, otherPlace: other.place)
            }
            return .authority
        case .named(let name): named = try builder.method(connecting: name)
        case nil: named = try builder.method(named: method.rawValue)
        }
        let pattern = try RoutePattern(pattern)
        try builder.insert(method: named, pattern: pattern, value: routes.count, at: place)
        return pattern
    }
}

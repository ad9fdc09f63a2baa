import ApusHTTP
import ApusRuntime

/// A request for which there is no route.
enum UnmatchedRequest {
    /// What the router says.
    case lookup(RouteLookup)
    /// A path that can't be decoded, and why.
    case undecodable(String)
    /// `OPTIONS *`
    case asterisk
    /// `CONNECT host:port`
    case connect
    /// A request for `https` on a connection without TLS, from nobody who may have undone it.
    case misdirected
    /// An extended CONNECT for a protocol that no route speaks.
    case unknownProtocol
}

extension Service {
    /// The route of the request in `context`, with its captures; or nil, when the request has been answered here:
    /// 404, 405 with `Allow`, 501 for a method of which no route knows, 308 for a slash, 204 for OPTIONS, 400 for a path
    /// that can't be decoded, 421 for `https` without TLS.
    ///
    /// - Parameters:
    ///   - context: The request.
    ///   - server: Whose observers are told of what has no route.
    func find(_ context: Context, _ server: ServerLoop? = nil) -> Unmanaged<Route>? {
        if context.head.methodKind == .connect || takesUpgrades && context.head.requestsUpgrade {
            return unsafe findTunnel(context, server)
        }
        return unsafe find(routeMethod(context.head, context.bytes), context, server)
    }

    @inline(__always)
    func find(_ method: RouteMethod, _ context: Context, _ server: ServerLoop?) -> Unmanaged<Route>? {
        let bytes = context.bytes
        let path = context.head.path.of(bytes)
        let lookup: RouteLookup
        // The first is true of nearly all requests in HTTP/1, and never of one that names a scheme.
        if !context.head.isPlainPath, context.head.isSecureTarget, isMisdirected(context) {
            return unsafe answer(.misdirected, context, server)
        }
        if path.byteCount == 0 {
            guard context.head.targetForm == .absolute else {
                return unsafe answer(context.head.methodKind == .options ? .asterisk : .connect, context, server)
            }
            lookup = unsafe tree.find(method, path: Self.root.utf8Span.span.bytes, into: &context.matchCell.value)
        } else if context.head.isPlainPath || RoutePath.isPlain(path) {
            lookup = tree.find(method, path: path, into: &context.matchCell.value)
        } else {
            var decoded: [UInt8] = []
            do throws(RoutePath.Failure) {
                try RoutePath.decode(path, into: &decoded)
            } catch {
                return unsafe answer(.undecodable(error.description), context, server)
            }
            context.decodedPath = decoded
            lookup = unsafe tree.find(method, path: decoded.span.bytes, into: &context.matchCell.value)
        }
        if case .found(let index) = lookup { return unsafe reference(index) }
        return unsafe answer(.lookup(lookup), context, server)
    }

    /// Whether a request for `https` has come without TLS from somebody who is no gateway (RFC 9110, 7.4). Gateways are
    /// trusted proxies, load balancers that begin with a PROXY header, and whoever may connect to a Unix socket.
    @inline(never)
    private func isMisdirected(_ context: Context) -> Bool {
        // What HTTP/1 says of the scheme is of this request only when its target is absolute.
        guard context.head.majorVersion > 1 || context.head.targetForm == .absolute else { return false }
        guard let carrier = context.transport?.carrier, !carrier.isSecure, !carrier.isRelayed,
            let peer = carrier.remoteAddress
        else { return false }
        if case .unix = peer { return false }
        return !gateways.contains { $0.isTrusted(peer) }
    }

    /// The path of a target such as `http://host`.
    static let root = "/"

    func routeMethod(_ head: borrowing RequestHead, _ bytes: RawSpan) -> RouteMethod {
        if head.methodKind != .other { return RouteMethod(index: head.methodKind.rawValue - 1) }
        return tree.method(named: head.method.of(bytes)) ?? .unregistered
    }

    /// Answers here, unless middleware that may wait stands around: then the result is what to call.
    func answer(
        _ unmatched: UnmatchedRequest, _ context: Context, _ server: ServerLoop?
    ) -> Unmanaged<Route>? {
        let edge = context.ensureEdge()
        edge.unmatched = unmatched
        if case .lookup(.options) = unmatched, context.isPreflight { edge.preflight = corsOfPreflight(context) }
        if let route = self.unmatched, !route.isSynchronous { return unsafe .passUnretained(route) }
        server?.noteBegin(context)
        do {
            if let route = self.unmatched {
                try route.call(context)
            } else {
                context.send(try context.answerUnmatched())
            }
        } catch {
            context.send(errorResponse(error, context))
        }
        return nil
    }

    /// What the route that a preflight asks about says of other origins.
    private func corsOfPreflight(_ context: Context) -> CORS? {
        let bytes = context.bytes
        guard let name = context.head.fields.first(.accessControlRequestMethod, in: bytes),
            let method = tree.method(named: name.of(bytes))
        else { return nil }
        let lookup: RouteLookup
        if let decoded = context.decodedPath {
            lookup = unsafe tree.find(method, path: decoded.span.bytes, into: &context.matchCell.value)
        } else {
            lookup = tree.find(method, path: context.head.path.of(bytes), into: &context.matchCell.value)
        }
        guard case .found(let index) = lookup else { return nil }
        return routes[index].cors
    }

    fileprivate func response(to unmatched: UnmatchedRequest, _ context: Context) throws -> Response {
        switch unmatched {
        case .lookup(let lookup): try response(to: lookup, context)
        case .undecodable(let message): throw HTTPError(.badRequest, message)
        case .asterisk: Response(.noContent, [.allow: tree.allow(tree.allMethods)])
        case .connect: throw HTTPError(.notImplemented, "this server is no proxy")
        case .misdirected:
            throw HTTPError(
                .misdirectedRequest,
                "this is a request for https, and came without TLS: connect by TLS, or name the proxy that undoes it in "
                    + "trustedProxies")
        case .unknownProtocol: throw HTTPError(.notImplemented, "that protocol is not spoken here")
        }
    }

    private func response(to lookup: RouteLookup, _ context: Context) throws -> Response {
        // Where there are no routes at all, what is there doesn't depend on the method.
        if context.head.methodKind == .other, !routes.isEmpty,
            tree.method(named: context.head.method.of(context.bytes)) == nil
        {
            throw HTTPError(
                .notImplemented,
                "nothing here answers the method \(context.method): use one of \(tree.allow(tree.allMethods))")
        }
        switch lookup {
        case .found, .notFound: throw HTTPError(.notFound, "nothing is at \(context.path)")
        case .methodNotAllowed(let methods) where !context.head.connectProtocol.isEmpty && tree.tunnels(among: methods):
            throw HTTPError(.notImplemented, "another protocol is spoken at this path")
        case .methodNotAllowed(let methods):
            let allowed = tree.allow(methods)
            throw HTTPError(.methodNotAllowed, "this path answers \(allowed)", fields: [.allow: allowed])
        case .options(let methods):
            if let cors = context.edge?.preflight { return cors.policy.preflight(context) }
            return Response(.noContent, [.allow: tree.allow(methods)])
        case .redirect(let redirect):
            let bytes = context.bytes
            let location = redirect.location(
                path: context.head.path.of(bytes), query: context.head.hasQuery ? context.head.query.of(bytes) : nil)
            return .redirect(to: String(decoding: location, as: UTF8.self), .permanentRedirect)
        }
    }
}

extension Context {
    /// The answer where there is no route.
    func answerUnmatched() throws -> Response {
        guard let unmatched = edge?.unmatched else { throw HTTPError(.notFound) }
        return unsafe try service.response(to: unmatched, self)
    }
}

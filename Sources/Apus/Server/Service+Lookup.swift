import ApusHTTP
import ApusRuntime

extension Service {
    /// The route of the request in `context`, with its captures; or nil, when the request has been answered here:
    /// 404, 405 with `Allow`, 308 for a slash, 204 for OPTIONS, 400 for a path that can't be decoded.
    ///
    /// - Parameters:
    ///   - context: The request.
    ///   - server: Whose observers are told of what has no route.
    func find(_ context: Context, _ server: ServerLoop? = nil) -> Unmanaged<Route>? {
        let bytes = context.bytes
        let method = routeMethod(context.head, bytes)
        let path = context.head.path.of(bytes)
        let lookup: RouteLookup
        if path.byteCount == 0 {
            guard context.head.targetForm == .absolute else {
                server?.noteBegin(context)
                return unsafe answerWithoutPath(context)
            }
            lookup = unsafe tree.find(method, path: Self.root.utf8Span.span.bytes, into: &context.matchCell.value)
        } else if context.head.isPlainPath || RoutePath.isPlain(path) {
            lookup = tree.find(method, path: path, into: &context.matchCell.value)
        } else {
            var decoded: [UInt8] = []
            do throws(RoutePath.Failure) {
                try RoutePath.decode(path, into: &decoded)
            } catch {
                server?.noteBegin(context)
                context.send(errorResponse(HTTPError(.badRequest, error.description), context))
                return nil
            }
            context.decodedPath = decoded
            lookup = unsafe tree.find(method, path: decoded.span.bytes, into: &context.matchCell.value)
        }
        if case .found(let index) = lookup { return unsafe reference(index) }
        server?.noteBegin(context)
        answer(lookup, context)
        return nil
    }

    /// The path of a target such as `http://host`.
    private static let root = "/"

    private func routeMethod(_ head: borrowing RequestHead, _ bytes: RawSpan) -> RouteMethod {
        if head.methodKind != .other { return RouteMethod(index: head.methodKind.rawValue - 1) }
        return tree.method(named: head.method.of(bytes)) ?? .unregistered
    }

    private func answer(_ lookup: RouteLookup, _ context: Context) {
        switch lookup {
        case .found: break
        case .methodNotAllowed where !context.head.connectProtocol.isEmpty:
            context.send(
                errorResponse(HTTPError(.notImplemented, "no protocol is spoken here within HTTP/2"), context))
        case .methodNotAllowed(let methods):
            let allowed = tree.allow(methods)
            context.send(
                errorResponse(
                    HTTPError(.methodNotAllowed, "this path answers \(allowed)", fields: [.allow: allowed]), context))
        case .options(let methods):
            context.send(Response(.noContent, [.allow: tree.allow(methods)]))
        case .redirect(let redirect):
            let bytes = context.bytes
            let location = redirect.location(
                path: context.head.path.of(bytes), query: context.head.hasQuery ? context.head.query.of(bytes) : nil)
            context.send(.redirect(to: String(decoding: location, as: UTF8.self), .permanentRedirect))
        case .notFound:
            context.send(errorResponse(HTTPError(.notFound, "nothing is at \(context.path)"), context))
        }
    }

    /// `OPTIONS *` and `CONNECT host:port`, the requests without a path.
    private func answerWithoutPath(_ context: Context) -> Unmanaged<Route>? {
        if context.head.methodKind == .options {
            context.send(Response(.noContent, [.allow: tree.allow(tree.allMethods)]))
        } else {
            context.send(errorResponse(HTTPError(.notImplemented, "this server is no proxy"), context))
        }
        return nil
    }
}

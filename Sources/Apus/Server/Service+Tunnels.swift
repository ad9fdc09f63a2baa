import ApusHTTP
import ApusRuntime

/// The routes of requests for tunnels.
extension Service {
    /// The route of a CONNECT, or of a request that asks for an upgrade; see `find(_:_:)`.
    @inline(never)
    func findTunnel(_ context: Context, _ server: ServerLoop?) -> Unmanaged<Route>? {
        let bytes = context.bytes
        guard context.head.methodKind == .connect else {
            if let index = upgrade(context) { return unsafe reference(index) }
            return unsafe find(routeMethod(context.head, bytes), context, server)
        }
        guard !context.head.connectProtocol.isEmpty else {
            guard let authorityRoute else { return unsafe answer(.connect, context, server) }
            return unsafe reference(authorityRoute)
        }
        guard let method = tree.method(connecting: context.head.connectProtocol.of(bytes)) else {
            return unsafe answer(.unknownProtocol, context, server)
        }
        return unsafe find(method, context, server)
    }

    /// The route for the first protocol in Upgrade that its path has one for. A request with content keeps to HTTP, as does
    /// one of another method than GET.
    private func upgrade(_ context: Context) -> Int? {
        guard context.head.methodKind == .get, !context.head.hasBody else { return nil }
        let bytes = context.bytes
        guard let field = context.head.fields.first(.upgrade, in: bytes) else { return nil }
        var start = field.range.lowerBound
        while start < field.range.upperBound {
            var end = start
            while end < field.range.upperBound, bytes.byte(at: end) != UInt8(ascii: ",") { end += 1 }
            let name = bytes.withoutSpace(start..<end)
            if let method = tree.method(connecting: name.of(bytes)), let index = find(method, context) {
                context.headCell.value.upgrade(to: name)
                return index
            }
            start = end + 1
        }
        return nil
    }

    /// The route of a method at the path of the request, when there is one.
    private func find(_ method: RouteMethod, _ context: Context) -> Int? {
        let path = context.head.path.of(context.bytes)
        let lookup: RouteLookup
        if path.byteCount == 0 {
            lookup = unsafe tree.find(method, path: Self.root.utf8Span.span.bytes, into: &context.matchCell.value)
        } else if context.head.isPlainPath || RoutePath.isPlain(path) {
            lookup = tree.find(method, path: path, into: &context.matchCell.value)
        } else {
            var decoded: [UInt8] = []
            guard (try? RoutePath.decode(path, into: &decoded)) != nil else { return nil }
            lookup = unsafe tree.find(method, path: decoded.span.bytes, into: &context.matchCell.value)
            if case .found = lookup { context.decodedPath = decoded }
        }
        if case .found(let index) = lookup { return index }
        return nil
    }
}

extension RawSpan {
    /// The place of what is within `range` without the white space around it.
    fileprivate func withoutSpace(_ range: Range<Int>) -> ByteSlice {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, byte(at: start) == 0x20 || byte(at: start) == 0x09 { start += 1 }
        while end > start, byte(at: end - 1) == 0x20 || byte(at: end - 1) == 0x09 { end -= 1 }
        return ByteSlice(start: UInt32(start), count: UInt32(end - start))
    }
}

public import ApusHTTP

/// What a handler of a route for tunnels answers when it takes one: from then on bytes go both ways, and mean nothing to
/// HTTP (RFC 9110, 9.3.6; RFC 8441).
///
/// ```swift
/// app.connect("/echo", protocol: "echo") { _ in
///     Tunnel { stream in
///         for try await bytes in stream { try await stream.write(bytes) }
///     }
/// }
/// ```
///
/// The client is answered 200, or `101 Switching Protocols` where it asked for an Upgrade in HTTP/1.1. A handler that does
/// not take the tunnel throws an ``HTTPError``.
public struct Tunnel {
    /// The fields of the answer, such as those that a protocol agrees on its options with.
    public var fields: HTTPFields
    /// When the tunnel is broken off for nothing has gone through it either way; nil, the default, is
    /// ``ServerLimits/tunnelIdleTimeout``.
    public var idleTimeout: Duration?
    /// What speaks with the client.
    let converse: (TunnelStream) async throws -> Void

    /// A tunnel at whose end `converse` stands.
    ///
    /// - Parameters:
    ///   - fields: The fields of the answer.
    ///   - idleTimeout: When it is broken off for nothing has gone through it; nil is the server's limit.
    ///   - converse: Speaks with the client, on the connection's loop. The tunnel ends well when it returns, and breaks off
    ///     when it throws. It is cancelled when the client breaks off; a client that just ends its own side is read as the
    ///     end of the sequence.
    public init(
        _ fields: HTTPFields = HTTPFields(), idleTimeout: Duration? = nil,
        _ converse: @escaping (TunnelStream) async throws -> Void
    ) {
        self.fields = fields
        self.idleTimeout = idleTimeout
        self.converse = converse
    }

    /// The answer that opens the tunnel.
    func response(to context: Context) -> Response {
        guard context.head.majorVersion == 1, let name = context.connectProtocol else {
            return Response(.ok, fields, body: .tunnel(self))
        }
        var fields = fields
        fields[.upgrade] = name
        return Response(.switchingProtocols, fields, body: .tunnel(self))
    }
}

extension Context {
    /// Whether a response would open a tunnel where the route has none, or make a client take a content for one.
    func opensTunnelWrongly(_ response: Response) -> Bool {
        if case .tunnel = response.body { return route?.tunnel == nil }
        return head.methodKind == .connect && response.status.kind == .successful
    }

    /// What is answered then.
    @inline(never)
    func withoutTunnel(_ response: Response) -> Response {
        let name = route?.pattern.description ?? "a handler"
        log(.error, "\(name): a tunnel is opened by a route for one alone: register it with connect(_:protocol:)")
        return errorResponse(HTTPError(.internalServerError))
    }
}

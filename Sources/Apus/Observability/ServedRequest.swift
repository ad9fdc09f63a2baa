public import ApusHTTP
public import ApusNet

/// What became of a request: told to those who observe (``Application/observe(_:)``) when its response was sent as a
/// whole, or could not be.
///
/// A response counts as sent when nearly all of it was handed to the system: of a large one at most 64 KiB may still
/// be queued in this process.
public struct ServedRequest {
    /// The request. What is gone with the client, such as ``Context/remoteAddress``, is here instead.
    public let context: Context
    /// The route that was found; nil for what had none, as 404, and for what was no request.
    public let route: Route?
    /// The status of the response; nil when the client left, or the server stopped, before there was one.
    public let status: Status?
    /// Bytes of content that were received, as they came over the wire.
    public let bytesReceived: Int64
    /// Bytes of content that were sent.
    public let bytesSent: Int64
    /// From the end of the request's head to the begin of the response.
    public let timeToFirstByte: Duration
    /// From the end of the request's head to the end of the response.
    public let duration: Duration
    /// The name of the listener that it came in by: ``ServerListener/name``.
    public let listener: String
    /// Whether it came over TLS.
    public let isSecure: Bool
    /// The address of the client, or of the proxy in front of it; nil when it is gone.
    public let remoteAddress: SocketAddress?
    /// What went wrong; nil when the client has its answer.
    public let failure: RequestFailure?

    /// The pattern of the route, as `/users/:id`; nil without a route.
    public var template: String? { route?.pattern.description }
}

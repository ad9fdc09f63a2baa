import ApusHTTP
import ApusRuntime

extension Response {
    /// A response of Server-Sent Events (HTML, 9.2), for as long as `send` runs.
    ///
    /// ```swift
    /// app.get("/clock") { context in
    ///     Response.events { stream in
    ///         while true {
    ///             try await stream.send(ServerEvent("\(context.loop.now)", type: "tick"))
    ///             try await context.loop.sleep(for: .seconds(1))
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// It says `Cache-Control: no-store, no-transform`, so that no cache keeps it and no ``Compression`` holds it back, and
    /// `X-Accel-Buffering: no` for an nginx in front.
    ///
    /// - Parameters:
    ///   - options: The policy for a slow client, heartbeats, and when to reconnect.
    ///   - send: Sends the events, on the connection's loop. It is cancelled when the client goes away. When it returns, what
    ///     was sent leaves, and the response ends; an `EventSource` then reconnects.
    public static func events(
        _ options: EventOptions = EventOptions(), _ send: @escaping (EventStream) async throws -> Void
    ) -> Response {
        let fields: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store, no-transform", .accelBuffering: "no",
        ]
        return Response(.ok, fields) { writer in
            // A stream is produced on its connection's loop.
            guard let loop = EventLoop.current else { preconditionFailure("events are sent on a loop") }
            try await EventStream(writer, loop, options).run(send)
        }
    }
}

extension HTTPField.Name {
    /// What nginx is told not to buffer by.
    fileprivate static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}

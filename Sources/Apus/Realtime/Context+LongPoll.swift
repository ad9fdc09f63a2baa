import ApusHTTP
import ApusRuntime

extension Context {
    /// Waits for a value, as long polling does: 200 with its JSON as soon as it is there, 204 when the time is over, so
    /// that the client asks again.
    ///
    /// ```swift
    /// app.get("/next/:id") { context in
    ///     let id: Int = try context.parameters.require("id")
    ///     return try await context.longPoll { await inbox.message(after: id) }
    /// }
    /// ```
    ///
    /// Neither answer is kept by caches (`Cache-Control: no-store`).
    ///
    /// - Parameters:
    ///   - timeout: How long to wait, by the loop's clock. It has to be shorter than the route's timeout, which answers
    ///     503, and than those of proxies between.
    ///   - wait: Waits for the value; nil is no value, and 204 at once. It is cancelled when the time is over or the client
    ///     leaves, and should end then: the answer waits for it.
    /// - Returns: The response.
    /// - Throws: What `wait` throws, but for the cancellation at the end of the time; `EncodingError`.
    public func longPoll<Value: Encodable & Sendable>(
        for timeout: Duration = .seconds(25), _ wait: @escaping @Sendable () async throws -> Value?
    ) async throws -> Response {
        let loop = self.loop
        let value = try await withThrowingTaskGroup(of: Polled<Value>.self) { group in
            group.addTask { .value(try await wait()) }
            group.addTask {
                try await loop.sleep(for: timeout)
                return .timedOut
            }
            defer { group.cancelAll() }
            guard case .value(let value)? = try await group.next() else { return nil as Value? }
            return value
        }
        guard let value else { return Response(.noContent, [.cacheControl: "no-store"]) }
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(.ok, fields, body: .bytes(try JSONCoding.encode(value)))
    }
}

private enum Polled<Value: Sendable>: Sendable {
    case value(Value?)
    case timedOut
}

import ApusHTTP
import ApusRuntime

extension Context {
    /// The content decoded from JSON. What is longer than 64 KiB is decoded by `offload`, so that it does not hold the loop.
    ///
    /// - Parameter type: The type to decode.
    /// - Returns: The value.
    /// - Throws: ``ProblemDetails`` with 422 that names all fields which are wrong; `HTTPError`: 400 with line and column
    ///   for what is no JSON (see `JSONScan` for what is refused beside), 413 for content or a number of values beyond the
    ///   limits, 415 when the client says it is something
    ///   else.
    public func json<Value: Decodable & SendableMetatype>(as type: Value.Type = Value.self) async throws -> Value {
        try requireJSON()
        let bytes = try await body.collect()
        guard bytes.count > JSONCoding.mostInline else { return try JSONCoding.decode(type, from: bytes) }
        let loop = loop
        // Nobody else has the value, and its first user is here.
        return try await offload { LoopBound(try JSONCoding.decode(type, from: bytes), to: loop) }.value
    }

    /// The content decoded from JSON, which has arrived when a synchronous handler is called.
    ///
    /// - Parameter type: The type to decode.
    /// - Returns: The value.
    /// - Throws: ``ProblemDetails`` with 422 that names all fields which are wrong; `HTTPError`: 400 with line and column
    ///   for what is no JSON, 413 for too many values, 415 when the client says it is something else.
    public func json<Value: Decodable & SendableMetatype>(as type: Value.Type = Value.self) throws -> Value {
        try requireJSON()
        return try JSONCoding.decode(type, from: body.collect())
    }

    private func requireJSON() throws {
        guard let type = field(.contentType), type != "application/json" else { return }
        let lower = type.lowercased()
        let essence = lower.prefix { $0 != ";" && $0 != " " }
        guard essence == "application/json" || essence.hasSuffix("+json") else {
            throw HTTPError(.unsupportedMediaType, "the content is \(essence): send application/json")
        }
    }
}

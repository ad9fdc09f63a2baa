import ApusHTTP

extension Context {
    /// The content decoded from JSON.
    ///
    /// - Parameter type: The type to decode.
    /// - Returns: The value.
    /// - Throws: ``ProblemDetails`` with 422 that names all fields which are wrong; `HTTPError`: 400 with line and column
    ///   for what is no JSON (see `JSONScan` for what is refused beside), 413, 415 when the client says it is something
    ///   else.
    public func json<Value: Decodable>(as type: Value.Type = Value.self) async throws -> Value {
        try requireJSON()
        return try JSONCoding.decode(type, from: await body.collect())
    }

    /// The content decoded from JSON, which has arrived when a synchronous handler is called.
    ///
    /// - Parameter type: The type to decode.
    /// - Returns: The value.
    /// - Throws: ``ProblemDetails`` with 422 that names all fields which are wrong; `HTTPError`: 400 with line and column
    ///   for what is no JSON, 415 when the client says it is something else.
    public func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
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

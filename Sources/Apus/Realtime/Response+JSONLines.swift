public import ApusHTTP

extension Response {
    /// A response of JSON values, one a line (NDJSON, `application/x-ndjson`), as the sequence gives them.
    ///
    /// ```swift
    /// app.get("/readings") { _ in Response.jsonLines(sensor.readings) }
    /// ```
    ///
    /// A client that reads slowly makes the sequence wait. When the sequence throws, the response breaks off. Behind
    /// ``Compression`` what was written leaves as soon as the next value is waited for.
    ///
    /// - Parameters:
    ///   - values: The values; asked for the next one on the connection's loop.
    ///   - status: The status of the response.
    public static func jsonLines<Values: AsyncSequence>(_ values: Values, status: Status = .ok) -> Response
    where Values.Element: Encodable {
        jsonLines(status: status) { lines in
            for try await value in values { try await lines.write(value) }
        }
    }

    /// A response of JSON values, one a line, as `write` writes them.
    ///
    /// - Parameters:
    ///   - status: The status of the response.
    ///   - write: Writes the values, on the connection's loop. It is cancelled when the client goes away.
    public static func jsonLines(
        status: Status = .ok, _ write: @escaping (JSONLineWriter) async throws -> Void
    ) -> Response {
        Response(status, [.contentType: "application/x-ndjson", .cacheControl: "no-store"]) { writer in
            try await write(JSONLineWriter(writer: writer))
        }
    }
}

/// Writes JSON values, one a line; see `Response.jsonLines`. It belongs to the connection's loop.
public struct JSONLineWriter {
    let writer: ResponseWriter

    /// Writes a value, and waits while the client is behind.
    ///
    /// - Throws: `EncodingError`; `CancellationError` when the client is gone.
    public func write(_ value: some Encodable) async throws {
        var line = try JSONCoding.encode(value)
        line.append(0x0A)
        try await writer.write(line)
    }
}

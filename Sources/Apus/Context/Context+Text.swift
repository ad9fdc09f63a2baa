import ApusHTTP

extension Context {
    /// The content as text in UTF-8.
    ///
    /// - Throws: `HTTPError` 400 when it is not UTF-8, and what reading the content throws.
    public func text() async throws -> String { try Self.text(await body.collect()) }

    /// The content as text in UTF-8.
    ///
    /// - Throws: `HTTPError` 400 when it is not UTF-8, and what reading the content throws.
    public func text() throws -> String { try Self.text(body.collect()) }

    private static func text(_ bytes: [UInt8]) throws(HTTPError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw HTTPError(.badRequest, "the content is not UTF-8: send text in UTF-8")
        }
        return text
    }
}

public import ApusHTTP

extension Context {
    /// The cookies that the client sent.
    public var cookies: Cookies {
        if let cookies = extras?.cookies { return cookies }
        let cookies = Cookies(field(.cookie) ?? "")
        ensureExtras().cookies = cookies
        return cookies
    }

    /// The content decoded as an HTML form's (`application/x-www-form-urlencoded`).
    ///
    /// - Throws: 415 when the client says it is none; 413.
    public func form() async throws -> Query {
        try requireForm()
        let content = try await body.collect()
        return unsafe Query(parsing: content.span.bytes)
    }

    /// The content decoded as an HTML form's (`application/x-www-form-urlencoded`).
    ///
    /// - Throws: 415 when the client says it is none.
    public func form() throws -> Query {
        try requireForm()
        let content = try body.collect()
        return unsafe Query(parsing: content.span.bytes)
    }

    private func requireForm() throws(HTTPError) {
        guard let type = field(.contentType), MediaType(type)?.essence != "application/x-www-form-urlencoded" else {
            return
        }
        throw HTTPError(.unsupportedMediaType, "the content is \(type): send application/x-www-form-urlencoded")
    }
}

import ApusHTTP

/// The cookies that came with a request (RFC 6265, 4.2), in their order.
public struct Cookies: Sendable, Hashable {
    /// The pairs, as they were sent.
    public let pairs: [Query.Pair]

    /// The value of the first cookie called `name`, or nil. Quotes around a value are taken off.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    init(parsing value: String) {
        pairs = value.split(separator: ";").compactMap { part in
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let name = part[..<equals].drop { $0 == " " || $0 == "\t" }
            guard !name.isEmpty else { return nil }
            var text = part[part.index(after: equals)...]
            while text.last == " " || text.last == "\t" { text.removeLast() }
            if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
            return Query.Pair(name: String(name), value: String(text))
        }
    }
}

extension Context {
    /// The cookies that the client sent.
    public var cookies: Cookies {
        if let cookies = extras?.cookies { return cookies }
        let cookies = Cookies(parsing: field(.cookie) ?? "")
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
        guard let type = field(.contentType)?.lowercased() else { return }
        guard type.prefix(while: { $0 != ";" && $0 != " " }) == "application/x-www-form-urlencoded" else {
            throw HTTPError(.unsupportedMediaType, "the content is \(type): send application/x-www-form-urlencoded")
        }
    }
}

public import ApusHTTP
internal import FoundationEssentials

/// A whole response.
public struct TestResponse: Sendable {
    /// The status.
    public let status: Status
    /// The fields.
    public let fields: HTTPFields
    /// The content.
    public let bytes: [UInt8]
    /// The fields behind the content.
    public let trailers: HTTPFields
    /// What was asked: `GET /users/7`.
    public let request: String

    /// The content as UTF-8; what is none becomes U+FFFD.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The cookies that the response sets, by name, with their attributes as they stand in the field.
    public var setCookies: [String: String] {
        var cookies: [String: String] = [:]
        for value in fields[values: .setCookie] {
            let pair = value.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { continue }
            cookies[String(pair[..<equals])] = String(value[value.index(after: equals)...])
        }
        return cookies
    }

    /// The content decoded from JSON, dates from ISO 8601.
    ///
    /// - Returns: The value.
    /// - Throws: ``TestFailure`` with the content, and what is wrong in it.
    public func json<Value: Decodable>(
        as type: Value.Type = Value.self, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
        column: Int = #column
    ) throws(TestFailure) -> Value {
        try json(as: type, at: TestPlace(fileID: fileID, filePath: filePath, line: line, column: column))
    }

    func json<Value: Decodable>(as type: Value.Type, at place: TestPlace) throws(TestFailure) -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw failure("the content is no \(type): \(Self.reason(error))", at: place)
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context): return "\(path(context.codingPath + [key])) is missing"
        case .valueNotFound(let type, let context): return "\(path(context.codingPath)) is null, not \(type)"
        case .typeMismatch(let type, let context): return "\(path(context.codingPath)) is no \(type)"
        case .dataCorrupted(let context): return "\(path(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty ? "the value" : keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }

    /// What is wrong with this response, with what a reader needs to see why.
    func failure(_ text: String, at place: TestPlace) -> TestFailure {
        TestFailure("\(request): \(text)\n\(description)", at: place)
    }
}

extension TestResponse: CustomStringConvertible {
    /// The status line, the fields and the beginning of the content, as one would look at them.
    public var description: String {
        var text = "  \(status)\n"
        for field in fields { text += "  \(field)\n" }
        guard !bytes.isEmpty else { return text + "  (no content)" }
        let shown = bytes.prefix(1024)
        text += "\n"
        // A character may have been cut at the end of what is shown.
        let whole = bytes.count > shown.count ? shown.dropLast(3) : shown
        let characters = String(validating: shown, as: UTF8.self) ?? String(validating: whole, as: UTF8.self)
        guard let characters else { return text + "  (not text)" }
        text += characters.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
            .joined(separator: "\n")
        return bytes.count > shown.count ? text + "\n  … \(bytes.count) bytes in all" : text
    }
}

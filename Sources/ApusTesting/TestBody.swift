import ApusHTTP
internal import FoundationEssentials

/// The content of a request that a test sends.
///
/// ```swift
/// try await client.post("/notes", body: .text("remember the milk"))
/// try await client.put(
///     "/film",
///     body: .written(length: nil) { writer in
///         for part in 0..<3 { try await writer.write("part \(part)\n") }
///     })
/// ```
public struct TestBody: Sendable {
    enum Kind: Sendable {
        case none
        case whole([UInt8])
        case written(length: Int64?, @Sendable (TestBodyWriter) async throws -> Void)
    }

    let kind: Kind
    /// What `Content-Type` says unless the test does.
    let type: String?

    /// What is handed over at once; longer contents are sent piece by piece, as a socket would.
    static let mostAtOnce = 64 << 10

    /// No content.
    public static var none: TestBody { TestBody(kind: .none, type: nil) }

    /// Bytes, without a type.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - type: What `Content-Type` says; nil is nothing.
    public static func bytes(_ bytes: [UInt8], type: String? = nil) -> TestBody {
        TestBody(kind: .whole(bytes), type: type)
    }

    /// Text in UTF-8.
    ///
    /// - Parameters:
    ///   - text: The content.
    ///   - type: What `Content-Type` says.
    public static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> TestBody {
        TestBody(kind: .whole(Array(text.utf8)), type: type)
    }

    /// A value as JSON, dates as ISO 8601.
    ///
    /// - Throws: `EncodingError`.
    public static func json(_ value: some Encodable) throws -> TestBody {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        return TestBody(kind: .whole(try Array(encoder.encode(value))), type: "application/json")
    }

    /// A form as `application/x-www-form-urlencoded`.
    public static func form(_ pairs: KeyValuePairs<String, String>) -> TestBody {
        let text = pairs.map { "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))" }
        return TestBody(
            kind: .whole(Array(text.joined(separator: "&").utf8)), type: "application/x-www-form-urlencoded")
    }

    /// What a function writes while the request is under way. A writer that throws breaks the request off, as a client
    /// that leaves; one that ends before, or goes beyond, its announced length does so too.
    ///
    /// - Parameters:
    ///   - length: The number of bytes that will be written, when it is announced; else they are sent in chunks.
    ///   - write: Writes the content, on a task of its own.
    public static func written(
        length: Int64? = nil, _ write: @escaping @Sendable (TestBodyWriter) async throws -> Void
    ) -> TestBody {
        TestBody(kind: .written(length: length, write), type: nil)
    }
}

/// Writes the content of a request while it is under way.
public struct TestBodyWriter: Sendable {
    let exchange: any TestExchange

    /// Sends bytes, and waits while the application does not read.
    ///
    /// - Returns: False when the application takes no more: it has answered without the rest.
    /// - Throws: `CancellationError`, when the request is over.
    @discardableResult public func write(_ bytes: [UInt8]) async throws -> Bool {
        bytes.isEmpty ? true : try await exchange.write(bytes)
    }

    /// Sends text in UTF-8; like ``write(_:)-([UInt8])`` otherwise.
    ///
    /// - Returns: False when the application takes no more.
    @discardableResult public func write(_ text: String) async throws -> Bool { try await write(Array(text.utf8)) }
}

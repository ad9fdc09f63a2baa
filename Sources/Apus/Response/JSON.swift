public import ApusHTTP
internal import FoundationEssentials

/// A value answered as JSON with a status of one's choice: `return JSON(user, status: .created)`.
///
/// A handler may also return any `Encodable` as it is.
public struct JSON<Value: Encodable>: ResponseConvertible {
    /// The value.
    public var value: Value
    /// The status of the response.
    public var status: Status

    /// `value`, to be answered with `status`.
    public init(_ value: Value, status: Status = .ok) {
        self.value = value
        self.status = status
    }

    /// The value's JSON.
    public func text() throws -> String { try String(decoding: JSONCoding.encode(value), as: UTF8.self) }

    /// The value's JSON as `application/json`.
    public func response(to context: Context) throws -> Response {
        Response(status, [.contentType: "application/json"], body: .bytes(Array(try encoded())))
    }

    /// The value's JSON, copied to the connection's output at once.
    public func answer(_ context: Context) throws {
        // One without content, or to be logged, takes the longer way.
        guard !status.forbidsBody, status.code < 500 else { return context.send(try response(to: context)) }
        context.send(status, ContentType.json, try encoded().bytes)
    }

    private func encoded() throws -> Data {
        let data = try JSONCoding.data(of: value)
        // An optional handler's nil is nothing to show, like that of any other kind of answer. Its text is looked at first,
        // for it takes long to find out whether a type is an optional.
        if data.count == 4, let value = value as? any Nilable, value.isNil { throw HTTPError(.notFound) }
        return data
    }
}

private protocol Nilable {
    var isNil: Bool { get }
}

extension Optional: Nilable {
    fileprivate var isNil: Bool {
        if case .none = self { true } else { false }
    }
}

/// JSON by `Codable`. FoundationEssentials, for that is the well-kept coder; not Foundation, which costs start-up
/// time and memory.
enum JSONCoding {
    static func encode(_ value: some Encodable) throws -> [UInt8] { try Array(data(of: value)) }

    static func data(of value: some Encodable) throws -> Data { try encoder.encode(value) }

    /// One for all, as the decoder.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }()

    /// The longest content that is decoded on the loop, in bytes: some 3 ms of it. Longer content is handed to `offload`.
    static let mostInline = 64 << 10

    /// - Throws: `HTTPError` 400 for what is no JSON, 413 for too many values; ``ProblemDetails`` with 422 for what is none of the type.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        // Before anything is made of it: the depth, the names, the numbers and the text are what they should be.
        do throws(JSONError) { try unsafe JSONScan.check(bytes.span.bytes) } catch {
            throw HTTPError(error.reason == .tooManyValues ? .contentTooLarge : .badRequest, error.description)
        }
        let data = Data(bytes)
        do {
            return try decoder.decode(type, from: data)
        } catch let error as DecodingError {
            // The first mistake is known; the others are looked for now, where that takes little.
            if bytes.count <= mostLookedThrough, let content = try? decoder.decode(JSONContent.self, from: data) {
                let problems = ContentDecoding.problems(type, in: content.value, .json)
                if !problems.isEmpty { throw ContentDecoding.problem(problems) }
            }
            throw ContentDecoding.problem([describe(error)])
        }
    }

    /// The most bytes of JSON in which all that is wrong is looked for: as values without a type they take ten times as
    /// much.
    private static let mostLookedThrough = 256 << 10

    /// One for all: its settings don't change, and it keeps nothing of what it decodes.
    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }()

    /// Names the field and what was wrong with it.
    private static func describe(_ error: DecodingError) -> ProblemDetails.InvalidField {
        func place(_ path: [any CodingKey]) -> String {
            path.reduce("") { text, key in
                key.intValue.map { "\(text)[\($0)]" } ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)")
            }
        }
        switch error {
        case .keyNotFound(let key, let context): return .init(place(context.codingPath + [key]), "is missing: add it")
        case .valueNotFound(let type, let context):
            return .init(place(context.codingPath), "is null: send a value of type \(type)")
        case .typeMismatch(let type, let context):
            return .init(place(context.codingPath), "has the wrong type: send a value of type \(type)")
        case .dataCorrupted(let context):
            return .init(place(context.codingPath), "is invalid: \(context.debugDescription)")
        @unknown default: return .init("", "could not be decoded: check it against the documentation")
        }
    }
}

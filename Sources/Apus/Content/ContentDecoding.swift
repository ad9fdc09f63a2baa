import ApusHTTP

/// One run that makes a value of a type out of content, and gathers all that is wrong with it.
///
/// `Decodable` ends at the first error. Here a wrong field is noted, and something stands in for it, so that the others
/// are looked at too; only what is thrown in the end counts. A type that nothing can stand in for (an enumeration
/// without `CaseIterable`) ends its group, whose later fields are then not looked at.
///
/// Whatever a type's own `init(from:)` is given, in place of something wrong, is a value that a client might have sent.
final class ContentDecoding {
    let source: ContentSource
    private(set) var problems: [ProblemDetails.InvalidField] = []

    /// Thrown where nothing can stand in for what is wrong; the problem is noted already.
    struct Abandoned: Error {}

    /// More problems than are sent are not looked for.
    private static let mostProblems = ProblemDetails.mostErrors

    private init(_ source: ContentSource) { self.source = source }

    /// Makes a value.
    ///
    /// - Throws: ``ProblemDetails`` with 422 that names the fields which are wrong.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from content: ContentValue, _ source: ContentSource
    ) throws -> Value {
        let decoding = ContentDecoding(source)
        do {
            let value = try decoding.value(type, content, at: ContentPath())
            if decoding.problems.isEmpty { return value }
        } catch is Abandoned {}
        throw problem(decoding.problems)
    }

    /// Makes a value of a single text, which is a part of something that is called `subject` in the message.
    ///
    /// - Throws: 400 when the text is none of the type.
    static func decode<Value: Decodable>(
        _ type: Value.Type, fromText text: String, _ subject: String
    ) throws(HTTPError) -> Value {
        let decoding = ContentDecoding(.form)
        if let value = try? decoding.value(type, .text(text), at: ContentPath()), decoding.problems.isEmpty {
            return value
        }
        let message = decoding.problems.first?.message ?? "is \"\(shortened(text))\": send a value of type \(type)"
        throw HTTPError(.badRequest, "\(subject) \(message)")
    }

    /// What is wrong with content that could not be decoded by other means; empty when nothing is found.
    static func problems<Value: Decodable>(
        _ type: Value.Type, in content: ContentValue, _ source: ContentSource
    ) -> [ProblemDetails.InvalidField] {
        let decoding = ContentDecoding(source)
        _ = try? decoding.value(type, content, at: ContentPath())
        return decoding.problems
    }

    /// 422; a single field is named in its detail too.
    static func problem(_ fields: [ProblemDetails.InvalidField]) -> ProblemDetails {
        guard fields.count == 1 else { return .invalid(fields) }
        let subject = fields[0].name.isEmpty ? "the content" : fields[0].name
        return .invalid(fields, detail: "\(subject) \(fields[0].message)")
    }

    func note(_ path: ContentPath, _ message: String) throws {
        problems.append(ProblemDetails.InvalidField(path.text, message))
        guard problems.count < Self.mostProblems else { throw Abandoned() }
    }

    /// The value at a place.
    ///
    /// - Parameters:
    ///   - type: The type to make.
    ///   - content: What is there, or nil.
    ///   - path: The place.
    ///   - isSilent: Whether what lacks is known, for what it would be in lacks itself.
    func value<Value: Decodable>(
        _ type: Value.Type, _ content: ContentValue?, at path: ContentPath, isSilent: Bool = false
    ) throws -> Value {
        if let scalar = type as? any ContentScalar.Type {
            // `scalar` is `Value` itself, seen as what it conforms to, and makes one of its own type.
            return try self.scalar(scalar, content, path, isSilent) as! Value
        }
        if type == UploadedFile.self {
            // `Value` is the type of `file`: just compared.
            if case .file(let file) = content { return file as! Value }
            try note(path, content == nil ? "is missing: send a file" : "is \(content!.kind): send a file")
            throw Abandoned()
        }
        var content = content
        var isSilent = isSilent
        if let wanted = content, case .null = wanted, !(type is any ContentOptional.Type) {
            content = nil
            if !isSilent { try note(path, "is null: send a value") }
            isSilent = true
        } else if content == nil, !isSilent, !(type is any ContentOptional.Type) {
            if source == .form, type is any ContentList.Type {
                // A form can't say that a list is empty.
                content = .list([])
            } else {
                try note(path, "is missing: add it")
                isSilent = true
            }
        }
        let before = problems.count
        do {
            return try Value(from: ContentValueDecoder(content, path, isSilent, self))
        } catch {
            if problems.count == before, !isSilent { try note(path, Self.message(error)) }
            guard let placeholder = Self.placeholder(type) else { throw Abandoned() }
            return placeholder
        }
    }

    private func scalar(
        _ type: any ContentScalar.Type, _ content: ContentValue?, _ path: ContentPath, _ isSilent: Bool
    ) throws -> any ContentScalar {
        guard let content else {
            // A checkbox that is not checked is not sent.
            let isUnchecked = source == .form && type == Bool.self
            if !isSilent, !isUnchecked { try note(path, "is missing: add \(type.wanted)") }
            return type.placeholder
        }
        if let value = type.init(content, from: source) { return value }
        if !isSilent {
            switch content {
            case .text(let text) where source == .form || type.isText:
                try note(path, "is \"\(Self.shortened(text))\": send \(type.wanted)")
            case .list where source == .form: try note(path, "comes more than once: send \(type.wanted), once")
            case .number(let text) where !type.isText: try note(path, "is \(Self.shortened(text)): send \(type.wanted)")
            default: try note(path, "has the wrong type, \(content.kind): send \(type.wanted)")
            }
        }
        return type.placeholder
    }

    /// What a client sent, no longer than a message bears.
    private static func shortened(_ text: String) -> String {
        text.utf8.count <= 64 ? text : String(text.prefix(32)) + "…"
    }

    private static func message(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "lacks \(key.stringValue): add it"
        case DecodingError.valueNotFound: "is null: send a value"
        case DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context):
            "is not valid: \(context.debugDescription)"
        default: "is not valid: \(error)"
        }
    }

    private static func placeholder<Value>(_ type: Value.Type) -> Value? {
        if let list = type as? any ContentList.Type { return list.empty as? Value }
        if let cases = type as? any CaseIterable.Type { return first(of: cases) as? Value }
        if let optional = type as? any ContentOptional.Type { return optional.none as? Value }
        return nil
    }

    private static func first<Cases: CaseIterable>(of type: Cases.Type) -> Cases? { type.allCases.first }
}

/// A list that may be empty.
protocol ContentList {
    static var empty: Self { get }
}

extension Array: ContentList {
    static var empty: [Element] { [] }
}

extension Set: ContentList {
    static var empty: Set<Element> { [] }
}

/// A value that may lack.
protocol ContentOptional {
    static var none: Self { get }
}

extension Optional: ContentOptional {}

/// The place of a value, as it is told: `user.address[2].zip`.
struct ContentPath {
    private(set) var keys: [any CodingKey] = []

    func appending(_ key: any CodingKey) -> ContentPath {
        var path = self
        path.keys.append(key)
        return path
    }

    var text: String {
        keys.reduce("") { text, key in
            if let index = key.intValue, key is ContentIndex { return "\(text)[\(index)]" }
            return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
        }
    }
}

/// The place of an element in a list.
struct ContentIndex: CodingKey {
    let index: Int

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { index = intValue }
    init?(stringValue: String) {
        guard let index = Int(stringValue) else { return nil }
        self.index = index
    }

    var intValue: Int? { index }
    var stringValue: String { "\(index)" }
}

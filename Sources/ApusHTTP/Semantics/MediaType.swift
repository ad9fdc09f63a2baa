/// A media type with its parameters, such as `text/html; charset=utf-8` (RFC 9110, 8.3.1).
public struct MediaType: Sendable, Hashable, CustomStringConvertible {
    /// The part before the slash, in lower case: `text`.
    public let type: String
    /// The part behind the slash, in lower case: `html`.
    public let subtype: String
    /// The parameters in their order.
    public let parameters: [Parameter]

    /// A parameter of a media type.
    public struct Parameter: Sendable, Hashable {
        /// The name, in lower case.
        public let name: String
        /// The value, without quotes.
        public let value: String
    }

    /// The media type that a Content-Type field names, or nil when it names none.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        var reader = unsafe FieldReader(text.utf8Span.span.bytes)
        reader.skipBlanks()
        guard let mediaType = MediaType(from: &reader), reader.isAtEnd else { return nil }
        self = mediaType
    }

    /// Takes a media type, or a range of them, up to the comma behind it or the end.
    init?(from reader: inout FieldReader) {
        guard let type = reader.takeToken(), reader.take(.slash), let subtype = reader.takeToken(),
            let parameters = reader.takeParameters()
        else { return nil }
        self.type = reader.lowercasedText(type)
        self.subtype = reader.lowercasedText(subtype)
        self.parameters = parameters.map { Parameter(name: $0.name, value: $0.value) }
    }

    init(type: String, subtype: String, parameters: [Parameter]) {
        self.type = type
        self.subtype = subtype
        self.parameters = parameters
    }

    /// The type without its parameters: `text/html`.
    public var essence: String { "\(type)/\(subtype)" }

    /// The value of the first parameter called `name` (in lower case), or nil.
    public subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The type as it is sent; a parameter's value is quoted where it is no token.
    public var description: String {
        parameters.reduce(essence) { text, parameter in
            let isToken = !parameter.value.isEmpty && parameter.value.utf8.allSatisfy(\.isTokenByte)
            return text + "; \(parameter.name)=" + (isToken ? parameter.value : Self.quoted(parameter.value))
        }
    }

    private static func quoted(_ value: String) -> String {
        var quoted = "\""
        for character in value.unicodeScalars {
            if character == "\"" || character == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}

/// A list of tokens with weights, as Accept-Encoding and Accept-Language have it (RFC 9110, 12.4.2).
struct WeightedTokens: Sendable, Equatable {
    struct Element: Sendable, Equatable {
        /// In lower case; `*` stands for what the others don't name.
        var token: String
        /// In thousandths.
        var quality: Int
    }

    /// In the order of the field; at most ``Accept/mostElements``.
    var elements: [Element] = []

    /// The elements that could be read.
    init(_ field: String) {
        var reader = unsafe FieldReader(field.utf8Span.span.bytes)
        reader.skipToListElement()
        while !reader.isAtEnd, elements.count < Accept.mostElements {
            if let token = reader.takeToken(), let parameters = reader.takeParameters() {
                let weight = parameters.first { $0.name == "q" }.map { Quality.parse($0.value) } ?? Quality.full
                if let weight { elements.append(Element(token: reader.lowercasedText(token), quality: weight)) }
            }
            reader.skipListElement()
            reader.skipToListElement()
        }
    }

    /// The weight that the list gives `token` by its name.
    subscript(token: String) -> Int? { elements.first { $0.token == token }?.quality }
}

/// What media types a client would like, and how much: the Accept field (RFC 9110, 12.5.1).
///
/// ```swift
/// let accept = Accept("text/html;q=0.8, application/json, */*;q=0.1")
/// assert(accept.best(of: ["text/html", "application/json"]) == "application/json")
/// ```
///
/// A request without the field takes everything. So does one whose field has no element that could be read; an element
/// that can't be read counts for nothing beside others.
public struct Accept: Sendable, Equatable {
    /// The elements that are looked at; the rest of a longer list is ignored.
    public static let mostElements = 64

    struct Element: Sendable, Equatable {
        var range: MediaType
        var quality: Int

        /// How exactly the range matches a type: 0 when it doesn't, and more for `*/*`, `text/*`, `text/html`, and
        /// for every parameter.
        func specificity(for offer: MediaType) -> Int {
            if range.type == "*" { return range.subtype == "*" ? 1 : 0 }
            guard range.type == offer.type else { return 0 }
            if range.subtype == "*" { return 2 }
            guard range.subtype == offer.subtype else { return 0 }
            for parameter in range.parameters where offer[parameter.name] != parameter.value { return 0 }
            return 3 + range.parameters.count
        }
    }

    let elements: [Element]

    /// The preferences that an Accept field states; nil is no field.
    public init(_ field: String?) {
        var elements: [Element] = []
        if let field {
            var reader = unsafe FieldReader(field.utf8Span.span.bytes)
            reader.skipToListElement()
            while !reader.isAtEnd, elements.count < Self.mostElements {
                if let range = MediaType(from: &reader), let element = Self.element(range) { elements.append(element) }
                reader.skipListElement()
                reader.skipToListElement()
            }
        }
        self.elements = elements
    }

    /// Parts a range's parameters from its weight; nil when the weight is none.
    private static func element(_ range: MediaType) -> Element? {
        guard let place = range.parameters.firstIndex(where: { $0.name == "q" }) else {
            return Element(range: range, quality: Quality.full)
        }
        guard let quality = Quality.parse(range.parameters[place].value) else { return nil }
        // What stands behind the weight are parameters of Accept itself, which nobody defined (RFC 9110, 12.5.1).
        let own = Array(range.parameters[..<place])
        return Element(range: MediaType(type: range.type, subtype: range.subtype, parameters: own), quality: quality)
    }

    private func thousandths(_ offer: MediaType) -> Int {
        guard !elements.isEmpty else { return Quality.full }
        var best = (specificity: 0, quality: 0)
        for element in elements {
            let specificity = element.specificity(for: offer)
            if specificity > best.specificity { best = (specificity, element.quality) }
        }
        return best.quality
    }

    /// How much the client would like a media type, from 0 (not at all) to 1. The most specific element that matches
    /// says it.
    public func quality(of mediaType: String) -> Double {
        MediaType(mediaType).map { Double(thousandths($0)) / Double(Quality.full) } ?? 0
    }

    /// The media type of `offers` that the client likes best; among equals the first. Nil when it takes none (406).
    public func best(of offers: [String]) -> String? {
        var best: (offer: String, quality: Int)?
        for offer in offers {
            guard let mediaType = MediaType(offer) else { continue }
            let quality = thousandths(mediaType)
            if quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        return best?.offer
    }

    /// Whether the client likes `first` better than `second`, and not only as much.
    public func prefers(_ first: String, to second: String) -> Bool { quality(of: first) > quality(of: second) }
}

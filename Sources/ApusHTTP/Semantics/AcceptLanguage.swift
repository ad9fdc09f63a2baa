/// What languages a client's user would like, and how much: the Accept-Language field (RFC 9110, 12.5.4).
///
/// ```swift
/// let languages = AcceptLanguage("de-CH, en;q=0.5")
/// assert(languages.best(of: ["fr", "de"]) == "de")
/// ```
public struct AcceptLanguage: Sendable, Equatable {
    private let ranges: WeightedTokens

    /// The preferences that an Accept-Language field states; nil is no field.
    public init(_ field: String?) { ranges = WeightedTokens(field ?? "") }

    /// The tag of `offers` that suits the user best, or nil when none does.
    ///
    /// The ranges are looked up one after the other, the one the user likes most first, and those liked the same in the
    /// order of the field (RFC 4647, 3.4): each finds the tag that it names, else one that it begins (3.3.1: `en` finds
    /// `en-GB`), and is else shortened until it names one: `de-CH` finds `de`, before any language that is liked less.
    /// A shortened range never finds a tag that another range names, which says itself how much that is liked. `*` finds
    /// the first tag that no other range begins. Without the field the first offer is the best.
    public func best(of offers: [String]) -> String? {
        guard !ranges.elements.isEmpty else { return offers.first }
        let wanted = ranges.elements.enumerated().filter { $0.element.quality > 0 }.sorted {
            ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset)
        }
        for (_, range) in wanted {
            if let found = lookUp(range.token, offers) { return found }
        }
        return nil
    }

    /// How much the user would like a language, from 0 (not at all) to 1, by the longest range that begins its tag.
    public func quality(of tag: String) -> Double {
        ranges.elements.isEmpty ? 1 : Double(rating(tag.lowercased()).quality) / Double(Quality.full)
    }

    /// The length of the longest range that begins a tag, 0 for `*` and −1 for none, and how much that is liked.
    private func rating(_ tag: String) -> (length: Int, quality: Int) {
        var best = (length: -1, quality: 0)
        for range in ranges.elements {
            let length = range.token == "*" ? 0 : range.token.utf8.count
            guard length > best.length, length == 0 || Self.begins(tag, range.token) else { continue }
            best = (length, range.quality)
        }
        return best
    }

    private static func begins(_ tag: String, _ range: String) -> Bool {
        tag == range || tag.hasPrefix(range) && tag.utf8.dropFirst(range.utf8.count).first == .dash
    }

    private func lookUp(_ range: String, _ offers: [String]) -> String? {
        if range == "*" { return offers.first { rating($0.lowercased()).length == 0 } }
        if let found = offers.first(where: { $0.lowercased() == range }) { return found }
        var best: (offer: String, quality: Int)?
        for offer in offers where Self.begins(offer.lowercased(), range) {
            let quality = rating(offer.lowercased()).quality
            if quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        return best?.offer ?? lookUpShortened(range, offers)
    }

    private func lookUpShortened(_ range: String, _ offers: [String]) -> String? {
        var parts = range.split(separator: "-")
        while parts.count > 1 {
            parts.removeLast()
            // A single letter introduces what follows it, and means nothing without.
            if parts.count > 1, let last = parts.last, last.utf8.count == 1 { parts.removeLast() }
            let shortened = parts.joined(separator: "-")
            if ranges[shortened] == nil, let found = offers.first(where: { $0.lowercased() == shortened }) {
                return found
            }
        }
        return nil
    }
}

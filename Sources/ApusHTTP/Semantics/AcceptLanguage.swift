/// What languages a client's user would like, and how much: the Accept-Language field (RFC 9110, 12.5.4).
///
/// ```swift
/// let languages = AcceptLanguage("de-CH, en;q=0.5")
/// assert(languages.best(of: ["fr", "de"]) == "de")
/// ```
public struct AcceptLanguage: Sendable, Hashable {
    private let ranges: WeightedTokens

    /// The preferences that an Accept-Language field states; nil is no field.
    public init(_ field: String?) { ranges = WeightedTokens(field ?? "") }

    /// The tag of `offers` that suits the user best, or nil when none does.
    ///
    /// A range matches tags that it begins (RFC 4647, 3.3.1): `en` matches `en-GB`. Where no tag is matched so, each
    /// range is shortened until it names one (3.4): `de-CH` finds `de`. Without the field the first offer is the best.
    public func best(of offers: [String]) -> String? {
        guard !ranges.elements.isEmpty else { return offers.first }
        var best: (offer: String, quality: Int)?
        for offer in offers {
            let quality = thousandths(offer.lowercased())
            if quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        return best?.offer ?? lookUp(offers)
    }

    /// How much the user would like a language, from 0 (not at all) to 1, by the longest range that begins its tag.
    public func quality(of tag: String) -> Double {
        ranges.elements.isEmpty ? 1 : Double(thousandths(tag.lowercased())) / Double(Quality.full)
    }

    private func thousandths(_ tag: String) -> Int {
        var best = (length: -1, quality: 0)
        for range in ranges.elements {
            let length = range.token == "*" ? 0 : range.token.utf8.count
            guard length > best.length, length == 0 || Self.begins(tag, range.token) else { continue }
            best = (length, range.quality)
        }
        return best.quality
    }

    private static func begins(_ tag: String, _ range: String) -> Bool {
        tag == range || tag.hasPrefix(range) && tag.utf8.dropFirst(range.utf8.count).first == .dash
    }

    private func lookUp(_ offers: [String]) -> String? {
        let wanted = ranges.elements.enumerated().filter { $0.element.quality > 0 }.sorted {
            ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset)
        }
        for (_, range) in wanted {
            var parts = range.token.split(separator: "-")
            while parts.count > 1 {
                parts.removeLast()
                // A single letter introduces what follows it, and means nothing without.
                if parts.count > 1, let last = parts.last, last.utf8.count == 1 { parts.removeLast() }
                let shortened = parts.joined(separator: "-")
                if ranges[shortened] != 0, let found = offers.first(where: { $0.lowercased() == shortened }) {
                    return found
                }
            }
        }
        return nil
    }
}

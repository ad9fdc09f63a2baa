/// What content codings a client can undo, and how much it likes them: the Accept-Encoding field (RFC 9110, 12.5.3).
///
/// Content without a coding goes by the name `identity`. It is always acceptable, as the last resort, unless the
/// field forbids it by `identity;q=0` or `*;q=0`. A request without the field gets no coding: the RFC would allow
/// any, but those who send no such field often can't undo one.
public struct AcceptEncoding: Sendable, Equatable {
    private let tokens: WeightedTokens

    /// The preferences that an Accept-Encoding field states; nil is no field.
    public init(_ field: String?) { tokens = WeightedTokens(field ?? "") }

    /// How much the client would like a coding, from 0 (not at all) to 1.
    public func quality(of coding: String) -> Double { Double(thousandths(coding)) / Double(Quality.full) }

    private func thousandths(_ coding: String) -> Int {
        let name = coding.lowercased()
        if let weight = tokens[name] ?? Self.alias(of: name).flatMap({ tokens[$0] }) { return weight }
        if name == "identity" { return tokens["*"] == 0 ? 0 : 1 }
        return tokens["*"] ?? 0
    }

    /// The old name of a coding, which means the same (RFC 9110, 8.4.1).
    private static func alias(of coding: String) -> String? {
        switch coding {
        case "gzip": "x-gzip"
        case "compress": "x-compress"
        default: nil
        }
    }

    /// The coding of `offers` that the client likes best; among equals the first. Nil when it takes none, which
    /// means `identity` where that is acceptable.
    public func best(of offers: [String]) -> String? {
        var best: (offer: String, quality: Int)?
        for offer in offers {
            let quality = thousandths(offer)
            if quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        return best?.offer
    }

    /// Whether content may be sent without a coding.
    public var acceptsIdentity: Bool { thousandths("identity") > 0 }
}

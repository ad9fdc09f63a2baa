/// A host name as certificates and SNI have it: lowercase, without a dot at the end, perhaps with a star for its
/// leftmost label (RFC 6125, section 6.4).
struct TLSHostName: Hashable, Sendable {
    /// The name; for a wildcard, what stands behind the star and its dot.
    let text: String
    let isWildcard: Bool

    /// Nil when it can't be a host name: empty or too long, a label that is empty or has other characters than ASCII
    /// letters, digits, `-` and `_`, a star elsewhere than alone in the leftmost of several labels.
    init?(_ text: some StringProtocol) {
        var name = text.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        let isWildcard = name.hasPrefix("*.")
        if isWildcard { name.removeFirst(2) }
        guard (1...253).contains(name.utf8.count) else { return nil }
        for label in name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...63).contains(label.count), label.allSatisfy(Self.isAllowed) else { return nil }
        }
        self.text = name
        self.isWildcard = isWildcard
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What stands behind the first label: where a wildcard for this name would be found. Nil for a single label.
    var parent: String? {
        text.firstIndex(of: ".").map { String(text[text.index(after: $0)...]) }
    }
}

/// A validator that names one state of a resource (RFC 9110, 8.8.3): `"abc"`, or `W/"abc"` for a weak one.
public struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// What stands between the quotes.
    public let opaque: String
    /// Whether it stands for states that mean the same, rather than for the same bytes.
    public let isWeak: Bool

    /// A tag; nil when `opaque` holds a quote, a blank or a control character.
    public init?(_ opaque: String, isWeak: Bool = false) {
        guard opaque.utf8.allSatisfy({ $0 == 0x21 || (0x23...0x7E).contains($0) || $0 >= 0x80 }) else { return nil }
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// A tag as a field shows it; nil when it is malformed.
    public init?(parsing text: some StringProtocol) {
        let weak = text.hasPrefix("W/")
        let quoted = weak ? text.dropFirst(2) : text[...]
        guard quoted.utf8.count >= 2, quoted.hasPrefix("\""), quoted.hasSuffix("\"") else { return nil }
        self.init(String(quoted.dropFirst().dropLast()), isWeak: weak)
    }

    /// As a field shows it.
    public var description: String { (isWeak ? "W/\"" : "\"") + opaque + "\"" }

    /// Whether both stand for the same bytes (RFC 9110, 8.8.3.2).
    public func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

    /// Whether both stand for states that mean the same.
    public func matchesWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }

    /// What `If-Match` and `If-None-Match` list.
    enum List {
        /// `*`: any state at all.
        case any
        case tags([EntityTag])

        /// A malformed element ends the list: what can't be read matches nothing.
        init(_ value: String) {
            guard value.trimmedBlanks != "*" else {
                self = .any
                return
            }
            var tags: [EntityTag] = []
            var rest = value[...]
            while let open = rest.firstIndex(of: "\"") {
                let afterOpen = rest.index(after: open)
                guard let close = rest[afterOpen...].firstIndex(of: "\"") else { break }
                let isWeak = rest[..<open].hasSuffix("W/")
                guard let tag = EntityTag(String(rest[afterOpen..<close]), isWeak: isWeak) else { break }
                tags.append(tag)
                rest = rest[rest.index(after: close)...]
            }
            self = .tags(tags)
        }
    }
}

extension StringProtocol {
    /// Without the blanks and tabs around it.
    var trimmedBlanks: SubSequence {
        guard let start = firstIndex(where: { $0 != " " && $0 != "\t" }),
            let end = lastIndex(where: { $0 != " " && $0 != "\t" })
        else { return self[endIndex...] }
        return self[start...end]
    }
}

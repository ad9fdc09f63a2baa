/// A name of one state of a resource's content: `"33a64df5"`, or `W/"33a64df5"` when states that mean the same share
/// it (RFC 9110, 8.8.3).
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// What stands between the quotes.
    public let opaque: String
    /// Whether contents that differ in bytes, but not in meaning, may share the tag.
    public let isWeak: Bool

    /// A tag, or nil when `opaque` holds a quote, a space or a control character.
    public init?(_ opaque: String, isWeak: Bool = false) {
        guard opaque.utf8.allSatisfy(\.isEntityTagByte) else { return nil }
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// The tag as a field writes it, `"…"` or `W/"…"`, or nil when the text is something else.
    public init?(parsing text: String) {
        var reader = unsafe FieldReader(text.utf8Span.span.bytes)
        guard let tag = reader.takeEntityTag(), reader.isAtEnd else { return nil }
        self = tag
    }

    fileprivate init(unchecked opaque: String, isWeak: Bool) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// The tag as a field writes it.
    public var description: String { "\(isWeak ? "W/" : "")\"\(opaque)\"" }

    /// Whether both tags promise the same bytes: neither is weak, and they are the same (RFC 9110, 8.8.3.2).
    public func stronglyMatches(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

    /// Whether both tags promise the same meaning: they are the same but for weakness (RFC 9110, 8.8.3.2).
    public func weaklyMatches(_ other: EntityTag) -> Bool { opaque == other.opaque }
}

/// What If-Match and If-None-Match hold: tags, or `*` for any (RFC 9110, 13.1.1 and 13.1.2).
public enum EntityTagList: Sendable, Equatable {
    /// `*`: any current content.
    case any
    /// One of these tags.
    case tags([EntityTag])

    /// The list in a field's value. What follows the first thing that is no tag is ignored, so that a malformed list
    /// matches less, and never more, than was meant.
    public init(_ text: String) {
        var reader = unsafe FieldReader(text.utf8Span.span.bytes)
        reader.skipBlanks()
        if reader.take(.star) {
            reader.skipBlanks()
            self = reader.isAtEnd ? .any : .tags([])
            return
        }
        var tags: [EntityTag] = []
        reader.skipToListElement()
        while let tag = reader.takeEntityTag() {
            tags.append(tag)
            reader.skipBlanks()
            guard reader.peek == .comma else { break }
            reader.skipToListElement()
        }
        self = .tags(tags)
    }

    /// Whether a tag of the list matches `tag` strongly; for `*`, whether there is any content (`tag` may be nil
    /// although there is some).
    public func stronglyMatches(_ tag: EntityTag?, exists: Bool = true) -> Bool {
        switch self {
        case .any: exists
        case .tags(let tags): exists && tags.contains { tag?.stronglyMatches($0) ?? false }
        }
    }

    /// Whether a tag of the list matches `tag` weakly; for `*`, whether there is any content.
    public func weaklyMatches(_ tag: EntityTag?, exists: Bool = true) -> Bool {
        switch self {
        case .any: exists
        case .tags(let tags): exists && tags.contains { tag?.weaklyMatches($0) ?? false }
        }
    }
}

extension FieldReader {
    /// Takes an entity tag, or nothing when none is here.
    mutating func takeEntityTag() -> EntityTag? {
        let start = offset
        let isWeak = take("W/")
        guard take(.quote) else {
            offset = start
            return nil
        }
        let content = offset
        while let byte = peek, byte.isEntityTagByte { offset += 1 }
        let end = offset
        guard take(.quote) else {
            offset = start
            return nil
        }
        return EntityTag(unchecked: String(copyingLatin1OrUTF8: bytes.extracting(content..<end)), isWeak: isWeak)
    }
}

extension UInt8 {
    /// `etagc` (RFC 9110, 8.8.3): a visible character other than the quote, or obs-text.
    fileprivate var isEntityTagByte: Bool { self == 0x21 || self >= 0x23 && self != 0x7F }
}

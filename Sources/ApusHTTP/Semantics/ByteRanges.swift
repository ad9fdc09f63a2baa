/// The parts of a content that a client asks for: `Range: bytes=0-99,200-,-5` (RFC 9110, 14.1.2 and 14.2).
///
/// ```swift
/// if let ranges = ByteRanges("bytes=0-99,-5") {
///     assert(ranges.resolve(length: 1000) == .parts([0..<100, 995..<1000]))
/// }
/// ```
public struct ByteRanges: Sendable, Equatable {
    /// One part, as it is asked for; in bytes.
    public enum Part: Sendable, Equatable {
        /// From the byte at `first` through the one at `last`, or to the end.
        case from(Int64, through: Int64?)
        /// So many bytes at the end.
        case suffix(Int64)
    }

    /// What the parts are of a content of a certain length.
    public enum Resolution: Sendable, Equatable {
        /// 206: these parts, at least one, none empty, apart from each other; in the order asked for.
        case parts([Range<Int64>])
        /// 200: the parts are more, or overlap more, than anyone needs; the field is ignored.
        case whole
        /// 416: no part is within the content.
        case unsatisfiable
    }

    /// The parts in the order asked for.
    public let parts: [Part]

    /// The ranges that a Range field asks for.
    ///
    /// Nil when the field is to be ignored, and the whole content sent: its unit is not bytes, or it is malformed.
    public init?(_ text: String) {
        var reader = unsafe FieldReader(text.utf8Span.span.bytes)
        guard let unit = reader.takeToken(), reader.lowercasedText(unit) == "bytes", reader.take(.equals) else {
            return nil
        }
        var parts: [Part] = []
        reader.skipToListElement()
        while !reader.isAtEnd {
            guard let part = reader.takeByteRange() else { return nil }
            parts.append(part)
            reader.skipBlanks()
            guard reader.isAtEnd || reader.peek == .comma else { return nil }
            reader.skipToListElement()
        }
        guard !parts.isEmpty else { return nil }
        self.parts = parts
    }

    /// The parts of a content of `length` bytes. Parts that overlap or touch become one; those beyond the end are
    /// left out.
    ///
    /// For more than `most` parts, or more than two pairs that overlap, the whole content is sent: who asks for the
    /// same bytes over and over gets them once (RFC 9110, 14.2 and 17.15).
    public func resolve(length: Int64, most: Int = 16) -> Resolution {
        guard parts.count <= most else { return .whole }
        let wanted = parts.compactMap { Self.range(of: $0, length: length) }
        var overlaps = 0
        for (index, range) in wanted.enumerated() {
            for earlier in wanted[..<index] where earlier.overlaps(range) { overlaps += 1 }
        }
        if wanted.isEmpty { return .unsatisfiable }
        return overlaps <= 2 ? .parts(Self.joined(wanted)) : .whole
    }

    private static func range(of part: Part, length: Int64) -> Range<Int64>? {
        switch part {
        case .from(let first, let last):
            guard first < length else { return nil }
            return first..<(min(last ?? .max, length - 1) + 1)
        case .suffix(let count):
            return count > 0 && length > 0 ? max(0, length - count)..<length : nil
        }
    }

    /// Joins what overlaps or touches, each at the place of its first part.
    private static func joined(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        var apart: [Range<Int64>] = []
        for range in ranges {
            var range = range
            var place = apart.count
            // A joined range may reach another one, which is joined too.
            while let index = apart.firstIndex(where: {
                $0.lowerBound <= range.upperBound && range.lowerBound <= $0.upperBound
            }) {
                let other = apart.remove(at: index)
                range = min(range.lowerBound, other.lowerBound)..<max(range.upperBound, other.upperBound)
                place = min(place, index)
            }
            apart.insert(range, at: min(place, apart.count))
        }
        return apart
    }
}

extension FieldReader {
    /// Takes `first-`, `first-last` with first ≤ last, or `-count`.
    fileprivate mutating func takeByteRange() -> ByteRanges.Part? {
        if take(.dash) { return takePosition().map { .suffix($0) } }
        guard let first = takePosition(), take(.dash) else { return nil }
        guard let byte = peek, byte.isDigit else { return .from(first, through: nil) }
        guard let last = takePosition(), first <= last else { return nil }
        return .from(first, through: last)
    }

    /// A number that is far beyond any content stands for all such.
    private mutating func takePosition() -> Int64? {
        if let number = takeNumber() { return number }
        let start = offset
        while let byte = peek, byte.isDigit { offset += 1 }
        return offset > start ? .max : nil
    }
}

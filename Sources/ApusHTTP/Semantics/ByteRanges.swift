/// The parts of a content that a `Range` field asks for (RFC 9110, 14).
public enum ByteRanges: Hashable, Sendable {
    /// No range that counts: the whole content, 200.
    case whole
    /// These parts, in the order asked, each not empty and within the content: 206.
    case parts([Range<Int64>])
    /// None of the ranges lies within the content: 416.
    case unsatisfiable

    /// Most ranges that are served; a request for more gets the whole content.
    public static let most = 16

    /// Reads a field's value for a content of `length` bytes. A value that is malformed, asks for another unit, for
    /// too many parts, or for more than the content in all (RFC 9110, 14.2 lets a server ignore those) means the
    /// whole.
    public init(_ value: String?, length: Int64) {
        guard let value, let list = Self.specifications(value) else {
            self = .whole
            return
        }
        guard list.count <= Self.most else {
            self = .whole
            return
        }
        var parts: [Range<Int64>] = []
        var total: Int64 = 0
        for specification in list {
            guard let specification else {
                self = .whole
                return
            }
            guard let part = specification.resolved(length) else { continue }
            parts.append(part)
            total += part.upperBound - part.lowerBound
        }
        if parts.isEmpty {
            self = .unsatisfiable
        } else {
            self = parts.count > 1 && total > length ? .whole : .parts(parts)
        }
    }

    private enum Specification {
        case from(Int64, through: Int64?)
        case last(Int64)

        init?(_ text: some StringProtocol) {
            let ends = text.trimmedBlanks.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard ends.count == 2 else { return nil }
            func number(_ digits: some StringProtocol) -> Int64? {
                digits.utf8.allSatisfy { (48...57).contains($0) } ? Int64(digits) : nil
            }
            if ends[0].isEmpty {
                guard let count = number(ends[1]) else { return nil }
                self = .last(count)
            } else {
                guard let first = number(ends[0]) else { return nil }
                if ends[1].isEmpty {
                    self = .from(first, through: nil)
                } else {
                    guard let last = number(ends[1]), last >= first else { return nil }
                    self = .from(first, through: last)
                }
            }
        }

        func resolved(_ length: Int64) -> Range<Int64>? {
            switch self {
            case .from(let first, let last):
                guard first < length else { return nil }
                return first..<min(last ?? length - 1, length - 1) + 1
            case .last(let count):
                guard count > 0, length > 0 else { return nil }
                return max(0, length - count)..<length
            }
        }
    }

    private static func specifications(_ value: String) -> [Specification?]? {
        guard value.lowercased().hasPrefix("bytes=") else { return nil }
        return value.dropFirst(6).split(separator: ",", omittingEmptySubsequences: true).map { Specification($0) }
    }
}

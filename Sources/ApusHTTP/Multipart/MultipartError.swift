/// Why content of several parts is refused. What a client learns says what to do.
public enum MultipartError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The media type names no boundary, or none of 1 to 70 characters that RFC 2046, 5.1.1 allows.
    case invalidBoundary
    /// Something else than the end of a line follows a boundary.
    case malformedDelimiter
    /// The head of a part, the first of which is 1, is no list of fields, or says the same thing twice.
    case malformedHead(part: Int)
    /// The head of a part exceeds ``MultipartLimits/headBytes`` or ``MultipartLimits/fieldsPerPart``.
    case headTooLarge(most: Int)
    /// There are more parts than ``MultipartLimits/parts``.
    case tooManyParts(most: Int)
    /// What stands before the first boundary or behind the last exceeds ``MultipartLimits/surroundingBytes``.
    case surroundingsTooLong(most: Int)
    /// The content ended before its last boundary.
    case truncated

    /// The status that tells a client.
    public var status: Status {
        switch self {
        case .invalidBoundary, .malformedDelimiter, .malformedHead, .truncated: .badRequest
        case .headTooLarge, .tooManyParts, .surroundingsTooLong: .contentTooLarge
        }
    }

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .invalidBoundary: "the content's type names no valid boundary: send one of 1 to 70 characters"
        case .malformedDelimiter: "a boundary is followed by something else than the end of its line: choose another"
        case .malformedHead(let part): "the head of part \(part) is malformed: send fields in UTF-8, each once"
        case .headTooLarge(let most): "the head of a part exceeds \(most): send shorter names and fewer fields"
        case .tooManyParts(let most): "the content has more than \(most) parts: send fewer"
        case .surroundingsTooLong(let most): "more than \(most) bytes belong to no part: send the parts alone"
        case .truncated: "the content ends before its last boundary: send all of it"
        }
    }
}

/// How much content of several parts may hold beside what is in the parts.
public struct MultipartLimits: Sendable, Equatable {
    /// The most parts.
    public var parts: Int
    /// The most bytes of one part's head, which is kept in memory until it is whole.
    public var headBytes: Int
    /// The most fields of one part's head.
    public var fieldsPerPart = 32
    /// The most bytes before the first boundary, and behind the last one, all of which are thrown away.
    public var surroundingBytes = 4 << 10

    /// The defaults, but for what is given.
    ///
    /// - Parameters:
    ///   - parts: The most parts.
    ///   - headBytes: The most bytes of one part's head.
    public init(parts: Int = 1000, headBytes: Int = 8 << 10) {
        self.parts = parts
        self.headBytes = headBytes
    }
}

/// Why content could not be encoded or decoded.
public enum CodingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No coding is known by this name, or this build can't do it.
    case unsupported(String)
    /// More codings, one on the other, than are undone.
    case tooMany(most: Int)
    /// The content is not of its coding's format.
    case malformed(ContentCoding)
    /// The content ends within its coding's format.
    case truncated(ContentCoding)
    /// Bytes follow the content's end.
    case trailingBytes(ContentCoding)
    /// The content wants more memory to be decoded than its coding allows: `zstd` with a window above 8 MiB (RFC 9659).
    case windowTooLarge
    /// The decoded content exceeds ``DecodingLimits/bytes``.
    case tooLarge(most: Int)
    /// The decoded content exceeds ``DecodingLimits/ratio``: a decompression bomb.
    case tooHighRatio(most: Int)
    /// There was no memory for the library's state.
    case outOfMemory

    /// The status that tells a client.
    public var status: Status {
        switch self {
        case .unsupported, .tooMany: .unsupportedMediaType
        case .malformed, .truncated, .trailingBytes, .windowTooLarge: .badRequest
        case .tooLarge, .tooHighRatio: .contentTooLarge
        case .outOfMemory: .serviceUnavailable
        }
    }

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .unsupported(let name):
            "the content coding \"\(name)\" is not known here: use one that Accept-Encoding names"
        case .tooMany(let most): "the content has more than \(most) codings: apply fewer"
        case .malformed(let coding): "the content is not valid \(coding): encode it anew"
        case .truncated(let coding): "the content ends before its \(coding) does: send all of it"
        case .trailingBytes(let coding): "bytes follow the end of the \(coding) content: send it alone"
        case .windowTooLarge: "the content needs a window above 8 MiB: encode it with a smaller one"
        case .tooLarge(let most): "the decoded content exceeds \(most) bytes: send less"
        case .tooHighRatio(let most):
            "the decoded content is more than \(most) times as long as what was sent: send it without a coding"
        case .outOfMemory: "no memory is left to decode the content: try again"
        }
    }
}

/// How far content may grow when it is decoded.
public struct DecodingLimits: Sendable, Equatable {
    /// The most bytes that come out.
    public var bytes: Int
    /// How many times as long as the coded content the decoded one may be, once it exceeds ``unboundedBytes``. DEFLATE
    /// reaches 1032, text seldom 20.
    public var ratio: Int
    /// What may come out whatever the ratio, in bytes.
    public var unboundedBytes: Int

    /// Limits for content of which nothing is known.
    ///
    /// - Parameters:
    ///   - bytes: The most bytes that come out; 10 MiB by default, as request bodies may have.
    ///   - ratio: How many times as long as the coded content the decoded one may be.
    ///   - unboundedBytes: What may come out whatever the ratio, in bytes.
    public init(bytes: Int = 10 << 20, ratio: Int = 200, unboundedBytes: Int = 1 << 20) {
        self.bytes = bytes
        self.ratio = ratio
        self.unboundedBytes = unboundedBytes
    }

    /// Throws when a stage that took `received` bytes has made too many.
    @inline(__always)
    func check(received: Int, produced: Int) throws(CodingError) {
        guard produced <= bytes else { throw .tooLarge(most: bytes) }
        guard produced <= unboundedBytes || produced / ratio <= received else { throw .tooHighRatio(most: ratio) }
    }
}

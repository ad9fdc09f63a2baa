/// The parser of content that consists of parts, such as `multipart/form-data` (RFC 2046, 5.1; RFC 7578): in place, an
/// event for each call.
///
/// Give it the bytes as they come, and again what it has not consumed with what has come since. That is never more than
/// one part's head (``MultipartLimits/headBytes``) or one boundary, so memory stays flat however long the parts are.
///
/// ```swift
/// var parser = try MultipartParser(contentType: "multipart/form-data; boundary=x")
/// var names: [String] = []
/// var offset = 0
/// reading: while true {
///     let step = try unsafe parser.parse(content.span.bytes.extracting(offset..<content.count))
///     switch step.event {
///     case .part(let head): names.append(head.name ?? "")
///     case .content, .partEnd: break
///     case .needMore, .end: break reading
///     }
///     offset += step.consumed
/// }
/// try parser.finish()
/// ```
///
/// ```
/// start ─┬─────────────► delimited ─── CRLF ──► head ──► body ──► content
///        └─► preamble ──────┤  ▲                          │          │
///                           │  └───────── boundary ───────┴──────────┘
///                           └─── "--" ──► closing ─── CRLF ──► epilogue
/// ```
///
/// It is strict where parsers differ: lines end in CRLF, nothing but blanks may follow a boundary in its line, a field
/// stands in one line. What stands before the first boundary and behind the last is passed, as RFC 2046 wants.
public struct MultipartParser: Sendable {
    private enum State {
        /// At the first byte of all, where a boundary needs no CRLF before it.
        case start
        /// Before the first boundary.
        case preamble
        /// Behind a boundary.
        case delimited
        /// In a part's head, in whose first bytes, as many as are said, no empty line ends.
        case head(searched: Int)
        /// At the first byte of a part's content, where a boundary needs no CRLF of its own.
        case body
        /// In a part's content.
        case content
        /// Behind the last boundary, in its line.
        case closing
        /// Behind the line of the last boundary.
        case epilogue
    }

    /// CR LF and two dashes before the boundary.
    private let delimiter: [UInt8]
    private let limits: MultipartLimits
    private var state = State.start
    private var parts = 0
    private var surroundings = 0

    /// The most blanks between a boundary and the end of its line.
    private static let mostPadding = 128

    /// A parser of parts between a boundary.
    ///
    /// - Parameters:
    ///   - boundary: What separates the parts, without the dashes before it: 1 to 70 characters (RFC 2046, 5.1.1).
    ///   - limits: How much is borne.
    /// - Throws: ``MultipartError/invalidBoundary``.
    public init(boundary: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        let bytes = Array(boundary.utf8)
        guard (1...70).contains(bytes.count), bytes.last != .space, bytes.allSatisfy(Self.isBoundaryByte) else {
            throw .invalidBoundary
        }
        delimiter = [.carriageReturn, .lineFeed, .dash, .dash] + bytes
        self.limits = limits
    }

    /// A parser of content with this Content-Type.
    ///
    /// - Parameters:
    ///   - contentType: The field's value: a media type of `multipart` with its boundary.
    ///   - limits: How much is borne.
    /// - Throws: ``MultipartError/invalidBoundary``, also for a media type that is not `multipart`.
    public init(contentType: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        guard let type = MediaType(contentType), type.type == "multipart",
            type.parameters.count(where: { $0.name == "boundary" }) == 1, let boundary = type["boundary"]
        else { throw .invalidBoundary }
        try self.init(boundary: boundary, limits: limits)
    }

    /// `bchars` (RFC 2046, 5.1.1).
    private static func isBoundaryByte(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "'()+_,-./:=? ".utf8.contains(byte)
    }

    /// Reads from the front of `bytes`.
    ///
    /// - Parameter bytes: What was not consumed, and what has come behind it.
    /// - Returns: What it was, and how many bytes to drop before the next call.
    /// - Throws: ``MultipartError``; the content is then not to be read any further.
    public mutating func parse(_ bytes: RawSpan) throws(MultipartError) -> MultipartStep {
        var offset = 0
        while true {
            let rest = bytes.extracting(offset..<bytes.byteCount)
            switch state {
            case .start:
                switch boundary(rest) {
                case .here:
                    offset += delimiter.count - 2
                    state = .delimited
                case .undecided: return MultipartStep(.needMore, consumed: offset)
                case .absent: state = .preamble
                }
            case .preamble:
                let place = rest.firstDelimiter(delimiter.span.raw, from: 0)
                try passSurroundings(place)
                offset += place
                guard place + delimiter.count <= rest.byteCount else {
                    return MultipartStep(.needMore, consumed: offset)
                }
                offset += delimiter.count
                state = .delimited
            case .delimited:
                guard let length = try lineEnd(rest) else { return MultipartStep(.needMore, consumed: offset) }
                offset += length
            case .head(let searched):
                return try head(rest, searched: searched, offset: offset)
            case .body:
                switch boundary(rest) {
                case .here:
                    state = .delimited
                    return MultipartStep(.partEnd, consumed: offset + delimiter.count - 2)
                case .undecided: return MultipartStep(.needMore, consumed: offset)
                case .absent: state = .content
                }
            case .content:
                let place = rest.firstDelimiter(delimiter.span.raw, from: 0)
                if place > 0 {
                    return MultipartStep(.content(offset..<(offset + place)), consumed: offset + place)
                }
                guard delimiter.count <= rest.byteCount else { return MultipartStep(.needMore, consumed: offset) }
                state = .delimited
                return MultipartStep(.partEnd, consumed: offset + delimiter.count)
            case .closing:
                guard let length = try closingEnd(rest) else { return MultipartStep(.needMore, consumed: offset) }
                offset += length
                state = .epilogue
            case .epilogue:
                try passSurroundings(rest.byteCount)
                return MultipartStep(.end, consumed: bytes.byteCount)
            }
        }
    }

    /// The content has come to its end.
    ///
    /// - Throws: ``MultipartError/truncated`` when the last boundary has not come.
    public func finish() throws(MultipartError) {
        switch state {
        case .closing, .epilogue: return
        default: throw .truncated
        }
    }

    private enum Presence { case here, absent, undecided }

    /// Whether the bytes begin with a boundary that needs no CRLF.
    private func boundary(_ bytes: RawSpan) -> Presence {
        let whole = delimiter.count - 2
        let count = min(whole, bytes.byteCount)
        let dashed = delimiter.span.raw.extracting(2..<delimiter.count)
        guard bytes.agrees(with: dashed, at: 0, count: count) else { return .absent }
        return count == whole ? .here : .undecided
    }

    private mutating func passSurroundings(_ count: Int) throws(MultipartError) {
        surroundings += count
        guard surroundings <= limits.surroundingBytes else {
            throw .surroundingsTooLong(most: limits.surroundingBytes)
        }
    }

    /// Passes what stands behind a boundary in its line: the number of bytes, or nil when more must come.
    private mutating func lineEnd(_ bytes: RawSpan) throws(MultipartError) -> Int? {
        guard let first = bytes.byteCount > 0 ? bytes.byte(0) : nil else { return nil }
        if first == .dash {
            guard bytes.byteCount > 1 else { return nil }
            guard bytes.byte(1) == .dash else { throw .malformedDelimiter }
            state = .closing
            return 2
        }
        guard let length = try blankLine(bytes) else { return nil }
        guard parts < limits.parts else { throw .tooManyParts(most: limits.parts) }
        parts += 1
        state = .head(searched: 0)
        return length
    }

    private func closingEnd(_ bytes: RawSpan) throws(MultipartError) -> Int? {
        guard bytes.byteCount > 0 else { return nil }
        return try blankLine(bytes)
    }

    /// The length of blanks and the CRLF behind them.
    private func blankLine(_ bytes: RawSpan) throws(MultipartError) -> Int? {
        var index = 0
        while index < bytes.byteCount, bytes.byte(index).isBlank { index += 1 }
        guard index <= Self.mostPadding else { throw .malformedDelimiter }
        guard index < bytes.byteCount else { return nil }
        guard bytes.byte(index) == .carriageReturn else { throw .malformedDelimiter }
        guard index + 1 < bytes.byteCount else { return nil }
        guard bytes.byte(index + 1) == .lineFeed else { throw .malformedDelimiter }
        return index + 2
    }

    private mutating func head(
        _ bytes: RawSpan, searched: Int, offset: Int
    ) throws(MultipartError) -> MultipartStep {
        guard let length = Self.headLength(bytes, searched) else {
            guard bytes.byteCount < limits.headBytes else { throw .headTooLarge(most: limits.headBytes) }
            state = .head(searched: max(0, bytes.byteCount - 3))
            return MultipartStep(.needMore, consumed: offset)
        }
        guard length <= limits.headBytes else { throw .headTooLarge(most: limits.headBytes) }
        let head = try MultipartHead(
            parsing: bytes.extracting(0..<(length - 2)), part: parts, mostFields: limits.fieldsPerPart)
        state = .body
        return MultipartStep(.part(head), consumed: offset + length)
    }

    /// The number of bytes up to the end of the empty line that ends a head; nil when there is none yet.
    private static func headLength(_ bytes: RawSpan, _ searched: Int) -> Int? {
        // A part without fields begins with the empty line.
        if bytes.byteCount >= 2, bytes.byte(0) == .carriageReturn, bytes.byte(1) == .lineFeed { return 2 }
        var index = searched
        while true {
            index = bytes.firstIndex(of: .carriageReturn, from: index)
            guard index + 4 <= bytes.byteCount else { return nil }
            if bytes.byte(index + 1) == .lineFeed, bytes.byte(index + 2) == .carriageReturn,
                bytes.byte(index + 3) == .lineFeed
            {
                return index + 4
            }
            index += 1
        }
    }
}

/// What ``MultipartParser/parse(_:)`` found at the front of the bytes.
public struct MultipartStep: Sendable, Equatable {
    /// What it was.
    public let event: MultipartEvent
    /// How many bytes to drop before the next call.
    public let consumed: Int

    init(_ event: MultipartEvent, consumed: Int) {
        self.event = event
        self.consumed = consumed
    }
}

/// An event in content of several parts.
public enum MultipartEvent: Sendable, Equatable {
    /// A part begins.
    case part(MultipartHead)
    /// A piece of the part's content, at least one byte, at these offsets of the bytes given.
    case content(Range<Int>)
    /// The part's content is whole.
    case partEnd
    /// All parts were read. What came behind them is thrown away.
    case end
    /// Call again with more bytes behind what is not consumed.
    case needMore
}

/// What a load generator needs to know of the head of an answer.
struct ResponseHead: Equatable {
    /// How long the content is (RFC 9112, 6.3).
    enum Framing: Equatable {
        case none
        case counted(Int)
        case chunked
        case untilEnd
    }

    enum Reading: Equatable {
        case incomplete
        case malformed
        /// A head, and the number of bytes it takes.
        case head(ResponseHead, length: Int)
    }

    var status: Int
    var framing: Framing
    /// Whether the connection may carry another answer behind this one (RFC 9112, 9.3).
    var mayContinue: Bool

    /// A head that is longer is malformed.
    static let longest = 256 << 10

    /// Reads the head that begins at `start`. Pure: it says the same however often it is asked, until more bytes come.
    static func read(_ bytes: RawSpan, at start: Int) -> Reading {
        var fields = ResponseFields()
        var offset = start
        var status: Int?
        var isVersion10 = false
        while let end = lineEnd(bytes, from: offset) {
            let line = trimmed(bytes, offset..<end)
            offset = end + 1
            if let status {
                guard line.isEmpty else {
                    guard fields.read(bytes, line) else { return .malformed }
                    continue
                }
                guard let head = ResponseHead(status: status, isVersion10: isVersion10, fields) else {
                    return .malformed
                }
                return .head(head, length: offset - start)
            }
            guard let read = statusLine(bytes, line) else { return .malformed }
            status = read.status
            isVersion10 = read.isVersion10
        }
        if bytes.byteCount - start > longest { return .malformed }
        // So that what speaks another protocol is told from what is slow.
        if status == nil, !mayBecomeStatusLine(bytes, start) { return .malformed }
        return .incomplete
    }

    private init?(status: Int, isVersion10: Bool, _ fields: ResponseFields) {
        self.status = status
        mayContinue = fields.closes ? false : !isVersion10 || fields.keepsAlive
        switch status {
        case 101:
            framing = .none
            mayContinue = false
        case 100...199, 204, 304: framing = .none
        default:
            if fields.hasTransferCoding {
                guard fields.length == nil else { return nil }
                framing = fields.isChunked ? .chunked : .untilEnd
            } else {
                framing = fields.length.map { .counted($0) } ?? .untilEnd
            }
            if framing == .untilEnd { mayContinue = false }
            if framing == .counted(0) { framing = .none }
        }
    }

    init(status: Int, framing: Framing, mayContinue: Bool) {
        self.status = status
        self.framing = framing
        self.mayContinue = mayContinue
    }

    /// `HTTP/1.1 200 OK` (RFC 9112, 4); the reason may be missing.
    private static func statusLine(_ bytes: RawSpan, _ line: Range<Int>) -> (status: Int, isVersion10: Bool)? {
        guard line.count >= 12, mayBecomeStatusLine(bytes, line.lowerBound) else { return nil }
        let digits = line.lowerBound + 9
        guard bytes[digits - 1] == 0x20, line.count == 12 || bytes[digits + 3] == 0x20 else { return nil }
        var status = 0
        for offset in digits..<digits + 3 {
            let digit = bytes[offset] &- 0x30
            guard digit <= 9 else { return nil }
            status = status * 10 + Int(digit)
        }
        guard (100...599).contains(status) else { return nil }
        return (status, bytes[digits - 2] == 0x30)
    }

    private static func mayBecomeStatusLine(_ bytes: RawSpan, _ start: Int) -> Bool {
        let expected: StaticString = "HTTP/1."
        for index in 0..<min(7, bytes.byteCount - start) {
            if unsafe bytes[start + index] != expected.utf8Start[index] { return false }
        }
        return bytes.byteCount - start <= 7 || bytes[start + 7] == 0x31 || bytes[start + 7] == 0x30
    }

    private static func lineEnd(_ bytes: RawSpan, from start: Int) -> Int? {
        var offset = start
        while offset < bytes.byteCount {
            if bytes[offset] == 0x0A { return offset }
            offset += 1
        }
        return nil
    }

    private static func trimmed(_ bytes: RawSpan, _ line: Range<Int>) -> Range<Int> {
        !line.isEmpty && bytes[line.upperBound - 1] == 0x0D ? line.lowerBound..<line.upperBound - 1 : line
    }
}

/// The fields that say how long an answer is and whether another may follow.
struct ResponseFields {
    private(set) var length: Int?
    private(set) var hasTransferCoding = false
    /// Whether `chunked` is the last of the codings (RFC 9112, 6.1).
    private(set) var isChunked = false
    private(set) var closes = false
    private(set) var keepsAlive = false

    /// Takes a field line; false when it contradicts itself or another.
    mutating func read(_ bytes: RawSpan, _ line: Range<Int>) -> Bool {
        var colon = line.lowerBound
        while colon < line.upperBound, bytes[colon] != 0x3A { colon += 1 }
        guard colon < line.upperBound else { return false }
        let name = line.lowerBound..<colon
        let value = Self.withoutBlanks(bytes, colon + 1..<line.upperBound)
        switch name.count {
        case 14 where Self.equals(bytes, name, "content-length"): return readLength(bytes, value)
        case 17 where Self.equals(bytes, name, "transfer-encoding"):
            hasTransferCoding = true
            Self.forEachElement(bytes, value) { isChunked = Self.equals(bytes, $0, "chunked") }
        case 10 where Self.equals(bytes, name, "connection"):
            Self.forEachElement(bytes, value) {
                if Self.equals(bytes, $0, "close") { closes = true }
                if Self.equals(bytes, $0, "keep-alive") { keepsAlive = true }
            }
        default: break
        }
        return true
    }

    private mutating func readLength(_ bytes: RawSpan, _ value: Range<Int>) -> Bool {
        guard !value.isEmpty, value.count <= 18 else { return false }
        var number = 0
        for offset in value {
            let digit = bytes[offset] &- 0x30
            guard digit <= 9 else { return false }
            number = number * 10 + Int(digit)
        }
        if let length, length != number { return false }
        length = number
        return true
    }

    private static func withoutBlanks(_ bytes: RawSpan, _ value: Range<Int>) -> Range<Int> {
        var (first, last) = (value.lowerBound, value.upperBound)
        while first < last, bytes[first] == 0x20 || bytes[first] == 0x09 { first += 1 }
        while first < last, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
        return first..<last
    }

    /// The elements of a list (RFC 9110, 5.6.1).
    private static func forEachElement(_ bytes: RawSpan, _ value: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = value.lowerBound
        for offset in value.lowerBound...value.upperBound where offset == value.upperBound || bytes[offset] == 0x2C {
            let element = withoutBlanks(bytes, start..<offset)
            if !element.isEmpty { body(element) }
            start = offset + 1
        }
    }

    /// Whether a part equals a lowercase text, whatever its case.
    private static func equals(_ bytes: RawSpan, _ part: Range<Int>, _ text: StaticString) -> Bool {
        guard part.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<part.count {
            let byte = bytes[part.lowerBound + index]
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if unsafe lower != text.utf8Start[index] { return false }
        }
        return true
    }
}

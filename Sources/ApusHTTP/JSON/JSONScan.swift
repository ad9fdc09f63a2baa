/// Looks whether bytes are one JSON text, before something larger is made of them (RFC 8259, and I-JSON, RFC 7493).
///
/// It reads once from the begin to the end, takes no memory of the heap but for objects of very many names, and refuses
/// what readers differ in or what costs them much: nesting deeper than ``mostDepth``, the same name twice in an object,
/// invalid UTF-8, half of a surrogate pair, numbers longer than ``mostNumberBytes``, more values than ``mostValues``.
///
/// ```swift
/// let text = #"{"a": 1, "a": 2}"#
/// do throws(JSONError) {
///     try unsafe JSONScan.check(text.utf8Span.span.bytes)
/// } catch {
///     print(error)  // the JSON is wrong in line 1, column 10: the object has this name already
/// }
/// ```
public enum JSONScan {
    /// The most arrays and objects within one another.
    public static let mostDepth = 128
    /// The most bytes of a number; the longest `Double` that is written as short as can be has 24.
    public static let mostNumberBytes = 512
    /// The most values, arrays and objects among them: readers keep some 50 bytes of each, however short it is.
    public static let mostValues = 1_000_000

    private enum Awaited {
        case value
        /// A value, or the end of the array that has just begun.
        case firstElement
        /// A name, or the end of the object that has just begun.
        case firstName
        case name
        /// What follows a value.
        case rest
    }

    /// Looks at a text.
    ///
    /// - Parameter bytes: The text, in UTF-8 without a mark in front.
    /// - Throws: ``JSONError`` with the place of the first mistake.
    public static func check(_ bytes: RawSpan) throws(JSONError) {
        var scanner = Scanner(bytes)
        var names = JSONNames()
        var depth = 0
        var count = 0
        // A bit for each level, the innermost lowest: whether it is an object.
        var kinds: UInt128 = 0
        var awaited = Awaited.value
        while true {
            scanner.skipSpace()
            guard let byte = scanner.peek else {
                guard depth == 0, case .rest = awaited else { throw scanner.error(.ended) }
                return
            }
            switch awaited {
            case .firstElement where byte == Token.arrayEnd:
                scanner.offset += 1
                depth -= 1
                kinds >>= 1
                awaited = .rest
            case .value, .firstElement:
                awaited = .rest
                count &+= 1
                guard count <= mostValues else { throw scanner.error(.tooManyValues) }
                switch byte {
                case .quote: _ = try scanner.skipString()
                case Token.objectStart, Token.arrayStart:
                    guard depth < mostDepth else { throw scanner.error(.tooDeep) }
                    scanner.offset += 1
                    depth += 1
                    let isObject = byte == Token.objectStart
                    kinds = kinds << 1 | (isObject ? 1 : 0)
                    if isObject { names.begin(depth) }
                    awaited = isObject ? .firstName : .firstElement
                case .dash, 0x30...0x39: try scanner.skipNumber()
                case Token.t: try scanner.skip("true")
                case Token.f: try scanner.skip("false")
                case Token.n: try scanner.skip("null")
                default: throw scanner.error(.noValue)
                }
            case .firstName where byte == Token.objectEnd:
                scanner.offset += 1
                depth -= 1
                kinds >>= 1
                awaited = .rest
            case .name, .firstName:
                guard byte == .quote else { throw scanner.error(.noName) }
                let start = scanner.offset
                let hash = try scanner.skipString()
                guard names.insert(hash, depth) else { throw scanner.error(.repeatedName, at: start) }
                scanner.skipSpace()
                guard scanner.peek == .colon else { throw scanner.error(.noColon) }
                scanner.offset += 1
                awaited = .value
            case .rest:
                guard depth > 0 else { throw scanner.error(.trailing) }
                let isObject = kinds & 1 == 1
                if byte == .comma {
                    awaited = isObject ? .name : .value
                } else if byte == (isObject ? Token.objectEnd : Token.arrayEnd) {
                    if isObject, !names.end(depth) { throw scanner.error(.repeatedName) }
                    depth -= 1
                    kinds >>= 1
                } else {
                    throw scanner.error(.noComma)
                }
                scanner.offset += 1
            }
        }
    }

    private enum Token {
        static let objectStart: UInt8 = 0x7B
        static let objectEnd: UInt8 = 0x7D
        static let arrayStart: UInt8 = 0x5B
        static let arrayEnd: UInt8 = 0x5D
        static let t: UInt8 = 0x74
        static let f: UInt8 = 0x66
        static let n: UInt8 = 0x6E
    }

    /// What a text is made of: white space, strings, numbers, words.
    struct Scanner: ~Escapable {
        let bytes: RawSpan
        var offset = 0

        @_lifetime(copy bytes)
        init(_ bytes: RawSpan) { self.bytes = bytes }

        @inline(__always) var peek: UInt8? { offset < bytes.byteCount ? bytes.byte(offset) : nil }

        func error(_ reason: JSONError.Reason, at place: Int? = nil) -> JSONError {
            JSONError(reason, at: place ?? offset, in: bytes)
        }

        @inline(__always) mutating func skipSpace() {
            while offset < bytes.byteCount {
                let byte = bytes.byte(offset)
                guard byte <= 0x20, byte == .space || byte == .lineFeed || byte == .carriageReturn || byte == .tab
                else { return }
                offset &+= 1
            }
        }

        mutating func skip(_ word: StaticString) throws(JSONError) {
            let count = word.utf8CodeUnitCount
            guard bytes.byteCount - offset >= count else { throw error(.noValue) }
            for index in 0..<count where bytes.byte(offset + index) != word.byte(index) { throw error(.noValue) }
            offset += count
        }

        /// Passes a number (RFC 8259, 6).
        mutating func skipNumber() throws(JSONError) {
            let start = offset
            if bytes.byte(offset) == .dash { offset += 1 }
            let first = offset
            guard skipDigits() else { throw error(.noNumber, at: start) }
            guard bytes.byte(first) != 0x30 || offset == first + 1 else { throw error(.noNumber, at: start) }
            if peek == .dot {
                offset += 1
                guard skipDigits() else { throw error(.noNumber, at: start) }
            }
            if let byte = peek, byte | 0x20 == 0x65 {
                offset += 1
                if let sign = peek, sign == 0x2B || sign == .dash { offset += 1 }
                guard skipDigits() else { throw error(.noNumber, at: start) }
            }
            guard offset - start <= JSONScan.mostNumberBytes else { throw error(.longNumber, at: start) }
        }

        /// Whether there was one at least.
        private mutating func skipDigits() -> Bool {
            let start = offset
            while offset < bytes.byteCount, bytes.byte(offset).isDigit { offset &+= 1 }
            return offset > start
        }

        /// Passes a string (RFC 8259, 7), and gives a hash of the text that it means.
        mutating func skipString() throws(JSONError) -> UInt64 {
            let start = offset + 1
            offset = bytes.endOfPlainString(from: start)
            if peek == .quote {
                let hash = JSONNames.hash(bytes, start..<offset)
                offset += 1
                return hash
            }
            return try skipUnusualString(start)
        }

        /// Passes a string with escapes, or with characters beyond ASCII.
        private mutating func skipUnusualString(_ start: Int) throws(JSONError) -> UInt64 {
            var hasEscape = false
            while true {
                guard let byte = peek else { throw error(.ended) }
                switch byte {
                case .quote:
                    let hash =
                        hasEscape ? try hashOfEscaped(start..<offset) : JSONNames.hash(bytes, start..<offset)
                    offset += 1
                    return hash
                case .backslash:
                    hasEscape = true
                    try skipEscape()
                case 0x80...:
                    guard let length = bytes.lengthOfCharacter(at: offset) else { throw error(.invalidUTF8) }
                    offset += length
                case 0..<0x20: throw error(.controlCharacter)
                default: offset = bytes.endOfPlainString(from: offset)
                }
            }
        }

        private mutating func skipEscape() throws(JSONError) {
            guard offset + 1 < bytes.byteCount else { throw error(.ended) }
            switch bytes.byte(offset + 1) {
            case .quote, .backslash, .slash, 0x62, 0x66, 0x6E, 0x72, 0x74: offset += 2
            case 0x75:
                let first = try codeUnit(offset)
                switch first {
                case 0xD800..<0xDC00:
                    guard offset + 12 <= bytes.byteCount, bytes.byte(offset + 6) == .backslash,
                        bytes.byte(offset + 7) == 0x75, (0xDC00..<0xE000).contains(try codeUnit(offset + 6))
                    else { throw error(.halfPair) }
                    offset += 12
                case 0xDC00..<0xE000: throw error(.halfPair)
                default: offset += 6
                }
            default: throw error(.unknownEscape)
            }
        }

        /// The four digits of the escape at `place`.
        private func codeUnit(_ place: Int) throws(JSONError) -> UInt32 {
            guard place + 6 <= bytes.byteCount else { throw error(.unknownEscape, at: place) }
            var value: UInt32 = 0
            for index in 2..<6 {
                guard let digit = bytes.byte(place + index).hexValue else { throw error(.unknownEscape, at: place) }
                value = value << 4 | UInt32(digit)
            }
            return value
        }

        /// A name with escapes is the same as one without that means the same. Its escapes are known to be right.
        private func hashOfEscaped(_ range: Range<Int>) throws(JSONError) -> UInt64 {
            let text = try JSONText.unescaped(bytes, range)
            return JSONNames.hash(text.span.raw, 0..<text.count)
        }
    }
}

extension RawSpan {
    /// The first place from `start` on of a quote, a backslash, a control character or a byte beyond ASCII; or the end.
    @inline(__always)
    func endOfPlainString(from start: Int) -> Int {
        var index = start
        let quotes = SIMD16<UInt8>(repeating: .quote)
        let backslashes = SIMD16<UInt8>(repeating: .backslash)
        let controls = SIMD16<UInt8>(repeating: 0x20)
        let beyond = SIMD16<UInt8>(repeating: 0x80)
        while index &+ 16 <= byteCount {
            let bytes = block(index)
            let stops =
                (bytes .== quotes) .| (bytes .== backslashes) .| (bytes .< controls) .| (bytes .>= beyond)
            if !stops.isEmpty { return index &+ stops.first }
            index &+= 16
        }
        while index < byteCount {
            let byte = byte(index)
            if byte == .quote || byte == .backslash || byte < 0x20 || byte >= 0x80 { break }
            index &+= 1
        }
        return index
    }

    /// The number of bytes of the character beyond ASCII at `place`, or nil when it is not UTF-8 (RFC 3629, 4).
    func lengthOfCharacter(at place: Int) -> Int? {
        func follows(_ index: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            place + index < byteCount && range.contains(byte(place + index))
        }
        switch byte(place) {
        case 0xC2...0xDF: return follows(1) ? 2 : nil
        case 0xE0: return follows(1, 0xA0...0xBF) && follows(2) ? 3 : nil
        case 0xED: return follows(1, 0x80...0x9F) && follows(2) ? 3 : nil
        case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : nil
        case 0xF0: return follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : nil
        case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : nil
        case 0xF4: return follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : nil
        default: return nil
        }
    }
}

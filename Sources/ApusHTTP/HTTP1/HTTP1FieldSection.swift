/// The parser of field lines up to the empty line, for request heads, response heads and trailers alike
/// (RFC 9112, 5).
///
/// It reads strictly from left to right and judges a byte only by those before it, so a section that is refused whole
/// is refused, or incomplete, at each of its beginnings: no split of the bytes changes the answer.
struct HTTP1FieldSection {
    /// What the fields belong to, which decides what is made of those that steer.
    enum Kind { case request, response, trailer }

    let limits: HTTP1Limits
    let kind: Kind

    /// Parses the field lines from `start`.
    ///
    /// - Returns: `.complete` with the offset behind the empty line, `.incomplete` or `.failure`.
    @inline(__always)
    func parse(
        _ bytes: RawSpan, from start: Int, into table: inout FieldTable, _ steering: inout HTTP1Steering
    ) -> HTTP1ParseResult {
        let count = bytes.byteCount
        var line = start
        while true {
            guard line < count else { return .incomplete }
            // The end of the section.
            if bytes.byte(line) == .carriageReturn {
                guard line &+ 1 < count else { return .incomplete }
                guard bytes.byte(line &+ 1) == .lineFeed else { return .failure(.bareCarriageReturn) }
                return .complete(line &+ 2)
            }
            guard table.count < limits.fieldCount else { return .failure(.tooManyFields) }

            // The name: a known one is a token, any other is looked at byte by byte.
            let colon = bytes.firstIndex(of: .colon, from: line)
            let nameCount = colon &- line
            var code: UInt8 = 0
            if colon < count { code = KnownField.code(of: bytes, at: line, count: nameCount) }
            if code == 0, let error = refusal(ofName: bytes, from: line, to: colon, sectionStart: start) {
                return .failure(error)
            }
            guard colon < count else { return .incomplete }

            // The value, and the white space around it.
            var value = colon &+ 1
            while value < count, bytes.byte(value).isBlank { value &+= 1 }
            let stop = bytes.endOfFieldValue(from: value)
            if stop &- line > limits.fieldLine { return .failure(.fieldLineTooLong) }
            if stop &- start > limits.fieldSection { return .failure(.fieldSectionTooLarge) }
            guard stop &+ 1 < count else {
                guard stop < count, bytes.byte(stop) != .carriageReturn else { return .incomplete }
                return .failure(Self.refusal(ofStop: bytes.byte(stop)))
            }
            guard bytes.pair(stop) == 0x0A0D else { return .failure(Self.refusal(ofStop: bytes.byte(stop))) }
            var end = stop
            while end > value, bytes.byte(end &- 1).isBlank { end &-= 1 }

            table.append(
                FieldTable.Entry(
                    nameStart: UInt32(truncatingIfNeeded: line), valueStart: UInt32(truncatingIfNeeded: value),
                    valueCount: UInt32(truncatingIfNeeded: end &- value),
                    nameCount: UInt16(truncatingIfNeeded: nameCount), code: code))
            if kind != .trailer, code &- 1 < KnownField.lastSteering.rawValue {
                if let error = steering.note(code, bytes, value, end, isRequest: kind == .request) {
                    return .failure(error)
                }
            }
            line = stop &+ 2
        }
    }

    /// What is wrong with a name that is not a known one, `end` being its colon or the last byte there is.
    @inline(never)
    private func refusal(ofName bytes: RawSpan, from line: Int, to end: Int, sectionStart: Int) -> HTTP1Error? {
        let tokenEnd = bytes.endOfToken(from: line, to: end)
        if tokenEnd &- line > min(limits.fieldLine, Int(UInt16.max)) { return .fieldLineTooLong }
        if tokenEnd &- sectionStart > limits.fieldSection { return .fieldSectionTooLarge }
        guard tokenEnd < end else {
            // A colon at once is a field without a name; the end of the bytes is no fault yet.
            return end < bytes.byteCount && end == line ? .invalidFieldName : nil
        }
        switch bytes.byte(tokenEnd) {
        case .space, .tab: return tokenEnd == line ? .foldedField : .spaceBeforeColon
        case .lineFeed: return .bareLineFeed
        default: return .invalidFieldName
        }
    }

    /// What is wrong with a byte that ends a value and is not the CR of a CR LF.
    @inline(never)
    private static func refusal(ofStop byte: UInt8) -> HTTP1Error {
        switch byte {
        case .carriageReturn: .bareCarriageReturn
        case .lineFeed: .bareLineFeed
        default: .invalidFieldValue
        }
    }
}

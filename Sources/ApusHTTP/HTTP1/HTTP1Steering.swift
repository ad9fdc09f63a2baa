/// What the fields that steer framing and the connection say, gathered while a section is parsed.
///
/// Requests and responses share it; what each makes of it is told at the end of their heads.
struct HTTP1Steering {
    /// The Content-Length, or −1.
    var contentLength: Int64 = -1
    var isChunked = false
    var saysClose = false
    var saysKeepAlive = false
    var saysUpgrade = false
    var expectsContinue = false
    /// The value of Host; empty until there is one, for an empty Host is refused.
    var host = ByteSlice(start: 0, count: 0)

    /// Reads the value of a field whose code is at most ``KnownField/lastSteering``.
    mutating func note(_ code: UInt8, _ bytes: RawSpan, _ start: Int, _ end: Int, isRequest: Bool) -> HTTP1Error? {
        switch code {
        case KnownField.host.rawValue: isRequest ? noteHost(bytes, start, end) : nil
        case KnownField.connection.rawValue: noteConnection(bytes, start, end)
        case KnownField.contentLength.rawValue: noteContentLength(bytes, start, end)
        case KnownField.transferEncoding.rawValue: noteTransferEncoding(bytes, start, end)
        case KnownField.expect.rawValue: isRequest ? noteExpect(bytes, start, end) : nil
        default: nil
        }
    }

    private mutating func noteHost(_ bytes: RawSpan, _ start: Int, _ end: Int) -> HTTP1Error? {
        guard host.isEmpty else { return .repeatedHost }
        guard bytes.isAuthority(from: start, to: end) else { return .invalidHost }
        host = ByteSlice(from: start, to: end)
        return nil
    }

    /// RFC 9110, 7.6.1. Options that steer nothing here are the sender's business.
    private mutating func noteConnection(_ bytes: RawSpan, _ start: Int, _ end: Int) -> HTTP1Error? {
        if end &- start == 10, bytes.matches("keep-alive", at: start) {
            saysKeepAlive = true
            return nil
        }
        var index = start
        while index < end {
            var itemEnd = index
            while itemEnd < end, bytes.byte(itemEnd) != .comma { itemEnd &+= 1 }
            var last = itemEnd
            while index < last, bytes.byte(index).isBlank { index &+= 1 }
            while last > index, bytes.byte(last &- 1).isBlank { last &-= 1 }
            switch last &- index {
            case 5: if bytes.matches("close", at: index) { saysClose = true }
            case 7: if bytes.matches("upgrade", at: index) { saysUpgrade = true }
            case 10: if bytes.matches("keep-alive", at: index) { saysKeepAlive = true }
            default: break
            }
            index = itemEnd &+ 1
        }
        return nil
    }

    /// RFC 9112, 6.2 and 6.3. A list of equal lengths, which the RFC would let pass, is refused as well.
    mutating func noteContentLength(_ bytes: RawSpan, _ start: Int, _ end: Int) -> HTTP1Error? {
        if contentLength >= 0 { return .repeatedContentLength }
        if isChunked { return .conflictingLengths }
        guard start < end else { return .invalidContentLength }
        var value: Int64 = 0
        var overflows = false
        for index in start..<end {
            let byte = bytes.byte(index)
            guard byte.isDigit else { return .invalidContentLength }
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(Int64(byte &- 0x30))
            overflows = overflows || first || second
            value = sum
        }
        if overflows { return .contentLengthTooLarge }
        contentLength = value
        return nil
    }

    /// RFC 9112, 6.1: `chunked`, once, last, and nothing before it that this codec would have to undo.
    private mutating func noteTransferEncoding(_ bytes: RawSpan, _ start: Int, _ end: Int) -> HTTP1Error? {
        if isChunked { return .invalidTransferEncoding }
        if contentLength >= 0 { return .conflictingLengths }
        if end &- start == 7, bytes.matches("chunked", at: start) {
            isChunked = true
            return nil
        }
        return Self.refusal(ofCodings: bytes, start, end)
    }

    /// Why a list of codings other than `chunked` alone is refused: the fault decides the status.
    private static func refusal(ofCodings bytes: RawSpan, _ start: Int, _ end: Int) -> HTTP1Error {
        var sawChunked = false
        var index = start
        while true {
            while index < end, bytes.byte(index).isBlank { index &+= 1 }
            let nameEnd = bytes.endOfToken(from: index, to: end)
            // Whatever follows `chunked`, a parameter or another coding, makes the end of the body uncertain.
            guard nameEnd > index, !sawChunked else { return .invalidTransferEncoding }
            sawChunked = nameEnd &- index == 7 && bytes.matches("chunked", at: index)
            index = nameEnd
            while index < end, bytes.byte(index) != .comma {
                if sawChunked, !bytes.byte(index).isBlank { return .invalidTransferEncoding }
                index &+= 1
            }
            if index == end { return .unknownTransferCoding }
            index &+= 1
        }
    }

    /// RFC 9110, 10.1.1.
    private mutating func noteExpect(_ bytes: RawSpan, _ start: Int, _ end: Int) -> HTTP1Error? {
        guard end &- start == 12, bytes.matches("100-continue", at: start) else { return .unknownExpectation }
        expectsContinue = true
        return nil
    }
}

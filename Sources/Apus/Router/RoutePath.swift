/// A request's path as the router reads it: decoded once, dot segments removed, and still unambiguous.
///
/// The *routing form* of a path has every percent-escape decoded except two: `%2F` and `%25` stay as they are, in
/// upper case. So an escaped slash never splits a segment (RFC 3986 §2.2), and decoding the two that are left, when a
/// parameter is read, is no second decoding: `%252F` is `%252F` in the routing form and the text `%2F` in the end.
/// `.` and `..` segments are removed (RFC 3986 §5.2.4) after decoding, so `%2e%2e` hides nothing; doubled slashes are
/// kept, and match no literal and no parameter.
///
/// Most paths are in routing form as they arrive: ask ``isPlain(_:)`` first, and decode into a scratch array only when
/// it says no.
public enum RoutePath {
    /// Why a path is refused; each is a 400.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A `%` that two hexadecimal digits do not follow.
        case badPercentEncoding
        /// `%00`: no path that means well has one.
        case nul
        /// More `..` segments than there are segments to leave.
        case aboveRoot

        /// One line for the error's body.
        public var description: String {
            switch self {
            case .badPercentEncoding: "a % in the path must be followed by two hexadecimal digits; write %25 for itself"
            case .nul: "the path must not contain %00"
            case .aboveRoot: "the path leaves the root with .. segments"
            }
        }
    }

    /// Whether `path` is already in routing form: no `%`, and no segment that is `.` or `..`.
    ///
    /// May say no for a path that would not change (`/.well-known`); never says yes for one that would.
    public static func isPlain(_ path: RawSpan) -> Bool {
        guard path.byteCount > 8 else {
            var previous: UInt8 = 0
            for offset in 0..<path.byteCount {
                let byte = path.byte(at: offset)
                if byte == .percent || (byte == .dot && previous == .slash) { return false }
                previous = byte
            }
            return true
        }
        // Eight pairs of neighbours at once; the last eight may overlap those before them.
        let last = path.byteCount &- 9
        var suspicious: UInt64 = path.byte(at: 0) == .percent ? 1 : 0
        var offset = 0
        while offset < last {
            suspicious |= suspects(path.word(at: offset), path.word(at: offset &+ 1))
            offset &+= 8
        }
        return suspicious | suspects(path.word(at: last), path.word(at: last &+ 1)) == 0
    }

    /// Not zero when one of the `second` bytes is a percent sign, or a dot behind a slash in `first`.
    @inline(__always)
    private static func suspects(_ first: UInt64, _ second: UInt64) -> UInt64 {
        ByteWord.firstZero(second ^ ByteWord.repeating(.percent))
            | ByteWord.firstZero((first ^ ByteWord.repeating(.slash)) | (second ^ ByteWord.repeating(.dot)))
    }

    /// Replaces what is in `decoded` with the routing form of `path`, keeping its capacity.
    ///
    /// - Parameters:
    ///   - path: the encoded path of a request target, beginning with `/`, without its query.
    ///   - decoded: a scratch array; after a thrown ``Failure`` its content means nothing.
    public static func decode(_ path: RawSpan, into decoded: inout [UInt8]) throws(Failure) {
        decoded.removeAll(keepingCapacity: true)
        decoded.reserveCapacity(path.byteCount)
        var offset = 0
        while offset < path.byteCount {
            let byte = path.byte(at: offset)
            guard byte == .percent else {
                decoded.append(byte)
                offset += 1
                continue
            }
            guard offset + 2 < path.byteCount,
                let high = path.byte(at: offset + 1).hexadecimalDigit,
                let low = path.byte(at: offset + 2).hexadecimalDigit
            else { throw .badPercentEncoding }
            offset += 3
            switch high << 4 | low {
            case 0: throw .nul
            case .slash: decoded.append(contentsOf: [.percent, 0x32, 0x46])
            case .percent: decoded.append(contentsOf: [.percent, 0x32, 0x35])
            case let value: decoded.append(value)
            }
        }
        try removeDotSegments(from: &decoded)
    }

    /// The text of a captured segment: the two escapes of the routing form decoded, bad UTF-8 repaired.
    public static func text(_ captured: RawSpan) -> String { String(decoding: unescaped(captured), as: UTF8.self) }

    /// The same; nil for what is not UTF-8.
    static func validText(_ captured: RawSpan) -> String? { String(validating: unescaped(captured), as: UTF8.self) }

    private static func unescaped(_ captured: RawSpan) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(captured.byteCount)
        var offset = 0
        while offset < captured.byteCount {
            let byte = captured.byte(at: offset)
            if byte == .percent, offset + 2 < captured.byteCount,
                let high = captured.byte(at: offset + 1).hexadecimalDigit,
                let low = captured.byte(at: offset + 2).hexadecimalDigit
            {
                bytes.append(high << 4 | low)
                offset += 3
            } else {
                bytes.append(byte)
                offset += 1
            }
        }
        return bytes
    }

    private static func removeDotSegments(from path: inout [UInt8]) throws(Failure) {
        var written = 0
        var read = 0
        while read < path.count {
            // `read` is at the slash before a segment, or at 0.
            let start = path[read] == .slash ? read + 1 : read
            let end = path[start...].firstIndex(of: .slash) ?? path.count
            let isLast = end == path.count
            switch (end - start, start < end ? path[start] : 0, end - start == 2 ? path[start + 1] : 0) {
            case (1, .dot, _):
                if isLast { written = close(&path, at: written) }
            case (2, .dot, .dot):
                guard let parent = path[..<written].lastIndex(of: .slash) else { throw .aboveRoot }
                written = parent
                if isLast { written = close(&path, at: written) }
            default:
                for index in read..<end {
                    path[written] = path[index]
                    written += 1
                }
            }
            read = end
        }
        path.removeLast(path.count - written)
    }

    /// A path whose last segment was a dot segment ends in a slash.
    private static func close(_ path: inout [UInt8], at written: Int) -> Int {
        path[written] = .slash
        return written + 1
    }
}

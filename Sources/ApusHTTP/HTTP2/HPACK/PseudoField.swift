/// The pseudo-fields of RFC 9113, 8.3 and RFC 8441, numbered above every ``KnownField``, so that one octet tells what a
/// field of HTTP/2 is: a pseudo-field, a known field, or 0 for any other.
enum PseudoField: UInt8, CaseIterable {
    case method = 0x80
    case scheme
    case authority
    case path
    case `protocol`
    case status
    /// A name that begins with a colon and is none of the others.
    case unknown

    /// The least number of a pseudo-field.
    static var first: UInt8 { 0x80 }

    /// The pseudo-field whose name, `count` octets long with its colon, stands at `start`.
    init(_ bytes: RawSpan, at start: Int, count: Int) {
        self = .unknown
        for candidate in Self.allCases where candidate.name.utf8CodeUnitCount == count {
            if bytes.isEqual(to: candidate.name, at: start) { self = candidate }
        }
    }

    /// The name with its colon; empty for `unknown`.
    var name: StaticString {
        switch self {
        case .method: ":method"
        case .scheme: ":scheme"
        case .authority: ":authority"
        case .path: ":path"
        case .protocol: ":protocol"
        case .status: ":status"
        case .unknown: ""
        }
    }
}

extension RawSpan {
    /// Whether the bytes at `start` are those of `literal`; the caller has seen that as many are there.
    fileprivate func isEqual(to literal: StaticString, at start: Int) -> Bool {
        for index in 0..<literal.utf8CodeUnitCount where byte(start &+ index) != literal.byte(index) { return false }
        return true
    }
}

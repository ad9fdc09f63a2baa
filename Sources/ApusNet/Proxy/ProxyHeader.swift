/// What a load balancer tells of a connection in front of its first byte: the PROXY protocol, versions 1 and 2
/// (HAProxy, "The PROXY protocol", versions 1 & 2, revision of 2020).
///
/// The parser is pure: bytes in, a verdict out. It is called again with more bytes until it has one, keeps nothing
/// between calls, looks at no more than `maximumLength` bytes, and refuses at the first byte that can't be right.
public struct ProxyHeader: Hashable, Sendable {
    /// The longest header accepted, in bytes: room for the addresses and 4 KiB of extensions.
    public static let maximumLength = 16 + 216 + 4096

    /// 1 or 2.
    public var version: Int
    /// The client's address, and the one that it connected to. Nil when the sender speaks for itself (a health check,
    /// `LOCAL`) or doesn't know (`UNKNOWN`, unspecified): the socket's own addresses stand.
    public var addresses: Addresses?

    /// Both ends of the connection that the sender relays.
    public struct Addresses: Hashable, Sendable {
        /// The client's address.
        public var source: SocketAddress
        /// The address that the client connected to.
        public var destination: SocketAddress

        /// Both ends.
        public init(source: SocketAddress, destination: SocketAddress) {
            self.source = source
            self.destination = destination
        }
    }

    /// What the bytes seen so far amount to.
    public enum Verdict: Hashable, Sendable {
        /// All right so far; more is needed.
        case incomplete
        /// A header, and its length in bytes: what follows is the protocol's own.
        case header(ProxyHeader, length: Int)
        /// No header. The reason is for an operator.
        case malformed(Malformation)
    }

    /// What is wrong with a header.
    public enum Malformation: String, Error, Hashable, Sendable {
        /// Neither signature.
        case signature = "neither version's signature"
        /// Version 1: more than 107 bytes without CR LF.
        case lineTooLong = "a line of more than 107 bytes"
        /// Version 1: not one of `TCP4`, `TCP6`, `UNKNOWN`, or fields missing or too many, or a bare CR or LF.
        case line = "a line that is not of the prescribed form"
        /// An address that is none of its family.
        case address = "an address that is none"
        /// A port that is not a decimal number up to 65535 without leading zeros.
        case port = "a port that is none"
        /// Version 2: a version, command, family or protocol that is not defined.
        case kind = "an undefined version, command, family or protocol"
        /// Version 2: longer than `maximumLength`, or too short for its addresses.
        case length = "a length that can't be right"
        /// Version 2: extensions that don't fill the header exactly.
        case extensions = "extensions that don't fit the length"
        /// Version 2: the checksum is not that of the header.
        case checksum = "a wrong checksum"
    }

    /// A header of this version.
    public init(version: Int, addresses: Addresses? = nil) {
        self.version = version
        self.addresses = addresses
    }

    /// Looks for a header at the front of `bytes`.
    public static func parse(_ bytes: RawSpan) -> Verdict {
        guard bytes.byteCount > 0 else { return .incomplete }
        do {
            return switch bytes.byte(at: 0) {
            case UInt8(ascii: "P"): try parseVersion1(bytes)
            case UInt8(ascii: "\r"): try parseVersion2(bytes)
            default: .malformed(.signature)
            }
        } catch {
            return .malformed(error)
        }
    }

    /// Whether all of `signature` is there; throws when it can't come any more.
    static func begins(_ bytes: RawSpan, with signature: [UInt8]) throws(Malformation) -> Bool {
        for index in 0..<min(bytes.byteCount, signature.count) where bytes.byte(at: index) != signature[index] {
            throw .signature
        }
        return bytes.byteCount >= signature.count
    }
}

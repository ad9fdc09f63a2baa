import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a socket is bound or connected: an IPv4 or IPv6 address and port, or a path (or abstract name) of a Unix
/// socket. A value of at most 24 bytes for IP addresses.
public enum SocketAddress: Hashable, Sendable {
    /// Four bytes of address and a port.
    case ipv4(IPv4Address, port: UInt16)
    /// Sixteen bytes of address, a port, and the index of the interface for link-local addresses (else 0).
    case ipv6(IPv6Address, port: UInt16, scope: UInt32)
    /// The path of a Unix socket; one that begins with `@` is in Linux's abstract namespace. Empty: unnamed.
    case unix(path: String)

    /// The port; nil for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .ipv4(_, let port), .ipv6(_, let port, _): port
        case .unix: nil
        }
    }

    /// The address without the port: `127.0.0.1`, `::1`, or the path.
    public var host: String {
        switch self {
        case .ipv4(let address, _): address.description
        case .ipv6(let address, _, let scope): scope == 0 ? address.description : "\(address)%\(scope)"
        case .unix(let path): path
        }
    }

    /// The address family, such as `AF_INET`.
    public var family: CInt {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// An address from its literal form and a port: `127.0.0.1`, `::1`, `[::1]`, `unix:/run/a.sock`, `*` for every
    /// IPv4 and IPv6 address. Nil when `host` is a name, which only a resolver can turn into an address.
    public init?(host: String, port: UInt16) {
        if host.hasPrefix("unix:") {
            self = .unix(path: String(host.dropFirst(5)))
            return
        }
        if host == "*" {
            self = .ipv6(.any, port: port, scope: 0)
            return
        }
        if let address = IPv4Address(host) {
            self = .ipv4(address, port: port)
            return
        }
        var literal = host
        if literal.hasPrefix("["), literal.hasSuffix("]") { literal = String(literal.dropFirst().dropLast()) }
        var scope: UInt32 = 0
        if let percent = literal.firstIndex(of: "%") {
            let zone = String(literal[literal.index(after: percent)...])
            if let number = UInt32(zone) { scope = number } else { unsafe scope = if_nametoindex(zone) }
            guard scope != 0 else { return nil }
            literal = String(literal[..<percent])
        }
        guard let address = IPv6Address(literal) else { return nil }
        self = .ipv6(address, port: port, scope: scope)
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/a.sock`.
    public var description: String {
        switch self {
        case .ipv4(let address, let port): "\(address):\(port)"
        case .ipv6(_, let port, _): "[\(host)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// The four bytes of an IPv4 address.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
    /// The address as a number; `127.0.0.1` is 0x7F000001.
    public var value: UInt32

    /// An address from its number.
    public init(value: UInt32) { self.value = value }

    /// An address from its dotted form; nil when it is not one.
    public init?(_ text: some StringProtocol) {
        // As bytes, for parts of a text of any type are slow to come by.
        let text = String(text)
        guard let value = Self.value(of: text.utf8Span.span) else { return nil }
        self.value = value
    }

    private static func value(of text: Span<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in text.indices {
            let byte = text[index]
            switch byte {
            case 0x30...0x39:
                // Neither four digits nor a zero before others.
                guard digits < 3, digits == 0 || part > 0 else { return nil }
                part = part * 10 + UInt32(byte - 0x30)
                digits += 1
            case UInt8(ascii: "."):
                guard digits > 0, part < 256, dots < 3 else { return nil }
                value = value << 8 | part
                (part, digits) = (0, 0)
                dots += 1
            default: return nil
            }
        }
        return digits > 0 && part < 256 && dots == 3 ? value << 8 | part : nil
    }

    /// `0.0.0.0`
    public static let any = IPv4Address(value: 0)
    /// `127.0.0.1`
    public static let loopback = IPv4Address(value: 0x7F00_0001)

    /// The dotted form.
    public var description: String { "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)" }
}

/// The sixteen bytes of an IPv6 address, as two big-endian halves.
public struct IPv6Address: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes as a number.
    public var high: UInt64
    /// The last eight bytes as a number.
    public var low: UInt64

    /// An address from its halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An address from its text (RFC 4291, 2.2); nil when it is not one.
    public init?(_ text: some StringProtocol) {
        // The system reads up to the first NUL alone.
        guard !text.utf8.contains(0) else { return nil }
        var raw = in6_addr()
        let parsed = unsafe String(text).withCString { unsafe inet_pton(AF_INET6, $0, &raw) }
        guard parsed == 1 else { return nil }
        self.init(raw)
    }

    /// The sixteen bytes as one number.
    var value: UInt128 { UInt128(high) << 64 | UInt128(low) }

    init(_ raw: in6_addr) {
        let halves = unsafe unsafeBitCast(raw, to: (UInt64, UInt64).self)
        self.init(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
    }

    var raw: in6_addr { unsafe unsafeBitCast((high.bigEndian, low.bigEndian), to: in6_addr.self) }

    /// `::`
    public static let any = IPv6Address(high: 0, low: 0)
    /// `::1`
    public static let loopback = IPv6Address(high: 0, low: 1)

    /// The IPv4 address inside an IPv4-mapped one (`::ffff:1.2.3.4`), else nil.
    public var mappedIPv4: IPv4Address? {
        high == 0 && low >> 32 == 0xFFFF ? IPv4Address(value: UInt32(truncatingIfNeeded: low)) : nil
    }

    /// The text form of RFC 5952.
    public var description: String {
        var raw = self.raw
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            _ = unsafe inet_ntop(AF_INET6, &raw, text.baseAddress!, 64)
            return unsafe String(cString: text.baseAddress!)
        }
    }
}

extension SocketAddress {
    /// Calls `body` with the system's form of the address.
    @unsafe func withSystemAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(SocketError) -> Result {
        switch self {
        case .ipv4(let address, let port):
            var system = sockaddr_in()
            system.sin_family = sa_family_t(AF_INET)
            system.sin_port = port.bigEndian
            system.sin_addr.s_addr = address.value.bigEndian
            return unsafe Self.rebound(&system, MemoryLayout<sockaddr_in>.size, body)
        case .ipv6(let address, let port, let scope):
            var system = sockaddr_in6()
            system.sin6_family = sa_family_t(AF_INET6)
            system.sin6_port = port.bigEndian
            system.sin6_addr = address.raw
            system.sin6_scope_id = scope
            return unsafe Self.rebound(&system, MemoryLayout<sockaddr_in6>.size, body)
        case .unix(let path):
            var system = sockaddr_un()
            system.sun_family = sa_family_t(AF_UNIX)
            let capacity = MemoryLayout.size(ofValue: system.sun_path)
            var bytes = Array(path.utf8)
            guard !bytes.contains(0), bytes.count < capacity else { throw .pathTooLong(path, limit: capacity - 1) }
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            var length = offset + bytes.count + 1
            if bytes.first == UInt8(ascii: "@") {
                bytes[0] = 0
                length -= 1
            }
            unsafe withUnsafeMutableBytes(of: &system.sun_path) { unsafe $0.copyBytes(from: bytes) }
            return unsafe Self.rebound(&system, length, body)
        }
    }

    @unsafe private static func rebound<System, Result>(
        _ system: inout System, _ length: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        unsafe withUnsafePointer(to: &system) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
        }
    }

    /// The address that a system call fills in: `getsockname`, `getpeername`. Nil when the call fails or the
    /// family is unknown.
    @unsafe init?(_ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let failed = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe fill($0, &length) }
        }
        guard failed == 0 else { return nil }
        let address = unsafe withUnsafeBytes(of: &storage) { unsafe SocketAddress(system: $0, length: Int(length)) }
        guard let address else { return nil }
        self = address
    }

    private init?(system bytes: UnsafeRawBufferPointer, length: Int) {
        let family = unsafe bytes.load(as: sockaddr.self).sa_family
        switch CInt(family) {
        case AF_INET:
            let system = unsafe bytes.load(as: sockaddr_in.self)
            self = .ipv4(
                IPv4Address(value: UInt32(bigEndian: system.sin_addr.s_addr)), port: UInt16(bigEndian: system.sin_port))
        case AF_INET6:
            let system = unsafe bytes.load(as: sockaddr_in6.self)
            let address = IPv6Address(system.sin6_addr)
            let port = UInt16(bigEndian: system.sin6_port)
            if let mapped = address.mappedIPv4 {
                self = .ipv4(mapped, port: port)
            } else {
                self = .ipv6(address, port: port, scope: system.sin6_scope_id)
            }
        case AF_UNIX:
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            var path = unsafe Array(bytes[min(offset, length)..<length])
            if path.first == 0, path.count > 1 {
                path[0] = UInt8(ascii: "@")
            } else if let end = path.firstIndex(of: 0) {
                path.removeSubrange(end...)
            }
            self = .unix(path: String(decoding: path, as: UTF8.self))
        default: return nil
        }
    }

    /// The address a socket is bound to.
    static func local(of descriptor: CInt) -> SocketAddress? {
        unsafe SocketAddress { address, length in unsafe getsockname(descriptor, address, length) }
    }

    /// The address a socket is connected to.
    static func remote(of descriptor: CInt) -> SocketAddress? {
        unsafe SocketAddress { address, length in unsafe getpeername(descriptor, address, length) }
    }

    /// Binds a socket to the address: 0, or the error number.
    func bindErrno(_ descriptor: CInt) throws(SocketError) -> CInt {
        try unsafe withSystemAddress { address, length in unsafe bind(descriptor, address, length) < 0 ? errno : 0 }
    }

    /// Connects a socket to the address: 0, or the error number.
    func connectErrno(_ descriptor: CInt) throws(SocketError) -> CInt {
        try unsafe withSystemAddress { address, length in unsafe connect(descriptor, address, length) < 0 ? errno : 0 }
    }
}

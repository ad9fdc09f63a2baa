public import ApusNet

/// Whose requests are counted together: the network of an address, or a text.
public struct RateLimitKey: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case address(high: UInt64, low: UInt64, prefix: UInt8)
        case text(String)
    }

    private let kind: Kind

    /// A text, such as an account's name. Case counts.
    public init(_ text: String) { kind = .text(text) }

    /// The network that an address belongs to; all clients on a Unix socket are one.
    ///
    /// A household, or a rented server, has at least 2^64 addresses of IPv6 and may use another for every request, so
    /// that nothing longer than `/64` is worth counting.
    ///
    /// - Parameters:
    ///   - address: The client's address.
    ///   - ipv4Prefix: How many bits of an IPv4 address count, 0 to 32.
    ///   - ipv6Prefix: How many bits of an IPv6 address count, 0 to 128.
    public init(_ address: SocketAddress, ipv4Prefix: Int = 32, ipv6Prefix: Int = 64) {
        switch address {
        case .ipv4(let address, _):
            let bits = Self.clamp(ipv4Prefix, 32)
            let kept = bits == 0 ? 0 : address.value & ~0 << (32 - bits)
            kind = .address(high: 0, low: 0xFFFF_0000_0000 | UInt64(kept), prefix: UInt8(96 + bits))
        case .ipv6(let address, _, _):
            let bits = Self.clamp(ipv6Prefix, 128)
            let high = bits == 0 ? 0 : address.high & ~0 << UInt64(64 - min(bits, 64))
            let low = bits <= 64 ? 0 : address.low & ~0 << UInt64(128 - bits)
            kind = .address(high: high, low: low, prefix: UInt8(bits))
        case .unix: kind = .text("unix")
        }
    }

    private static func clamp(_ bits: Int, _ most: Int) -> Int { min(max(bits, 0), most) }

    /// The network, such as `192.0.2.7/32` or `2001:db8::/64`, or the text.
    public var description: String {
        switch kind {
        case .address(let high, let low, let prefix):
            let address = IPv6Address(high: high, low: low)
            if prefix >= 96, let mapped = address.mappedIPv4 { return "\(mapped)/\(prefix - 96)" }
            return "\(address)/\(prefix)"
        case .text(let text): return text
        }
    }

    /// A hash of 64 bits by a seed of this process, which no client can guess.
    var fingerprint: UInt64 {
        var hasher = Hasher()
        switch kind {
        case .address(let high, let low, let prefix):
            // One more word than an address alone needs, so that no text has the same bytes.
            hasher.combine(high)
            hasher.combine(low)
            hasher.combine(prefix)
        case .text(let text): hasher.combine(text)
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

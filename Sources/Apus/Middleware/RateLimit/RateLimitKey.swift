public import ApusNet

/// Whose requests are counted together: the network of an address, or a text.
public struct RateLimitKey: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Hashable {
        case address(Network)
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
        if let network = Network(address, ipv4Prefix, ipv6Prefix) {
            kind = .address(network)
        } else {
            kind = .text(Self.unix)
        }
    }

    /// What all clients on a Unix socket are.
    private static let unix = "unix"

    /// The network, such as `192.0.2.7/32` or `2001:db8::/64`, or the text.
    public var description: String {
        switch kind {
        case .address(let network):
            let address = IPv6Address(high: network.high, low: network.low)
            if network.prefix >= 96, let mapped = address.mappedIPv4 { return "\(mapped)/\(network.prefix - 96)" }
            return "\(address)/\(network.prefix)"
        case .text(let text): return text
        }
    }

    /// A hash of 64 bits by a seed of this process, which no client can guess.
    var fingerprint: UInt64 {
        switch kind {
        case .address(let network): return network.fingerprint
        case .text(let text):
            var hasher = Hasher()
            hasher.combine(text)
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
    }

    /// The hash of the network that an address belongs to, without a key in between.
    @inline(__always)
    static func fingerprint(_ address: SocketAddress, ipv4Prefix: Int, ipv6Prefix: Int) -> UInt64 {
        Network(address, ipv4Prefix, ipv6Prefix)?.fingerprint ?? RateLimitKey(unix).fingerprint
    }

    /// The first bits of an address, one of IPv4 as IPv6 has it (RFC 4291, 2.5.5.2).
    private struct Network: Hashable {
        let high: UInt64
        let low: UInt64
        let prefix: UInt8

        /// Nil for a Unix socket.
        @inline(__always)
        init?(_ address: SocketAddress, _ ipv4Prefix: Int, _ ipv6Prefix: Int) {
            switch address {
            case .ipv4(let address, _):
                let bits = min(max(ipv4Prefix, 0), 32)
                let kept = bits == 0 ? 0 : address.value & ~0 << (32 - bits)
                (high, low, prefix) = (0, 0xFFFF_0000_0000 | UInt64(kept), UInt8(96 + bits))
            case .ipv6(let address, _, _):
                let bits = min(max(ipv6Prefix, 0), 128)
                high = bits == 0 ? 0 : address.high & ~0 << UInt64(64 - min(bits, 64))
                low = bits <= 64 ? 0 : address.low & ~0 << UInt64(128 - bits)
                prefix = UInt8(bits)
            case .unix: return nil
            }
        }

        /// Two rounds of a folded product with secret words (as wyhash has them): who does not know the words can't find two
        /// networks that have the same.
        @inline(__always)
        var fingerprint: UInt64 {
            let first = Self.fold(high ^ Self.words.0, low ^ Self.words.1)
            return Self.fold(first ^ UInt64(prefix) ^ Self.words.2, Self.words.3)
        }

        @inline(__always)
        private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = a.multipliedFullWidth(by: b)
            return product.high ^ product.low
        }

        private static let words = (
            UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max),
            UInt64.random(in: .min ... .max) | 1
        )
    }
}

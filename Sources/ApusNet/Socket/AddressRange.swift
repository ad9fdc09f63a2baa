/// A range of IP addresses in CIDR form (RFC 4632): `10.0.0.0/8`, `fd00::/8`, or a single address.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private enum Network: Hashable {
        case ipv4(IPv4Address)
        case ipv6(IPv6Address)
    }

    private let network: Network
    /// How many leading bits are the network's: 0 ... 32, or 128.
    public let prefixLength: Int

    /// A range from its text; nil when it is not one, or has bits set behind the prefix.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { return nil }
        let width: Int
        if let address = IPv4Address(first) {
            network = .ipv4(address)
            width = 32
        } else if let address = IPv6Address(first) {
            network = .ipv6(address)
            width = 128
        } else {
            return nil
        }
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]), length <= width
            else { return nil }
            prefixLength = length
        } else {
            prefixLength = width
        }
        switch network {
        case .ipv4(let address): guard address.value & ~Self.mask32(prefixLength) == 0 else { return nil }
        case .ipv6(let address):
            guard address.high & ~Self.mask64(prefixLength) == 0, address.low & ~Self.mask64(prefixLength - 64) == 0
            else { return nil }
        }
    }

    /// Whether an address is in the range; the port doesn't matter, and a Unix socket is in none.
    public func contains(_ address: SocketAddress) -> Bool {
        switch (network, address) {
        case (.ipv4(let network), .ipv4(let address, _)):
            (address.value ^ network.value) & Self.mask32(prefixLength) == 0
        case (.ipv6(let network), .ipv6(let address, _, _)):
            (address.high ^ network.high) & Self.mask64(prefixLength) == 0
                && (address.low ^ network.low) & Self.mask64(prefixLength - 64) == 0
        default: false
        }
    }

    /// The first and last address, of a range of IPv4; also of one of IPv6 that has IPv4 addresses only
    /// (`::ffff:10.0.0.0/104`), whose clients are seen as those of IPv4.
    var ipv4Bounds: ClosedRange<UInt32>? {
        switch network {
        case .ipv4(let address): return address.value...(address.value | ~Self.mask32(prefixLength))
        case .ipv6(let address):
            guard let mapped = address.mappedIPv4, prefixLength >= 96 else { return nil }
            return mapped.value...(mapped.value | ~Self.mask32(prefixLength - 96))
        }
    }

    /// The first and last address, of a range of IPv6.
    var ipv6Bounds: ClosedRange<UInt128>? {
        guard case .ipv6(let address) = network, ipv4Bounds == nil else { return nil }
        let first = address.value
        let rest = UInt128(~Self.mask64(prefixLength)) << 64 | UInt128(~Self.mask64(prefixLength - 64))
        return first...(first | rest)
    }

    // Shifts beyond the width give 0, which is what a mask of no bits needs.
    private static func mask32(_ bits: Int) -> UInt32 { UInt32.max << (32 - min(max(bits, 0), 32)) }
    private static func mask64(_ bits: Int) -> UInt64 { UInt64.max << (64 - min(max(bits, 0), 64)) }

    /// For example `10.0.0.0/8`.
    public var description: String {
        switch network {
        case .ipv4(let address): "\(address)/\(prefixLength)"
        case .ipv6(let address): "\(address)/\(prefixLength)"
        }
    }
}

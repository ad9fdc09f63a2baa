/// A set of IP addresses, made of ranges: looked up in as many steps as the number of ranges has binary digits.
///
/// ```swift
/// let office = try AddressSet(["192.0.2.0/24", "2001:db8::/32"])
/// ```
///
/// Ranges may overlap. IPv4 addresses in IPv6 form (`::ffff:192.0.2.1`) are IPv4 addresses. A Unix socket is in no set.
public struct AddressSet: Hashable, Sendable {
    // Sorted, without overlaps: the first and the last address of each range.
    private var ipv4First: [UInt32] = []
    private var ipv4Last: [UInt32] = []
    private var ipv6First: [UInt128] = []
    private var ipv6Last: [UInt128] = []

    /// Nothing.
    public init() {}

    /// All addresses of `ranges`.
    public init(_ ranges: some Sequence<AddressRange>) {
        var ipv4: [ClosedRange<UInt32>] = []
        var ipv6: [ClosedRange<UInt128>] = []
        for range in ranges {
            if let bounds = range.ipv4Bounds { ipv4.append(bounds) }
            if let bounds = range.ipv6Bounds { ipv6.append(bounds) }
        }
        (ipv4First, ipv4Last) = Self.merged(ipv4)
        (ipv6First, ipv6Last) = Self.merged(ipv6)
    }

    /// All addresses of the ranges that the texts are: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`.
    ///
    /// - Throws: ``AddressSetError``, which names every text that is no range.
    public init(_ texts: [String]) throws(AddressSetError) {
        let ranges = texts.map { AddressRange($0) }
        let invalid = zip(texts, ranges).filter { $0.1 == nil }.map(\.0)
        guard invalid.isEmpty else { throw AddressSetError(invalid: invalid) }
        self.init(ranges.compactMap { $0 })
    }

    /// Addresses of this machine: `127.0.0.0/8` and `::1`.
    public static let loopback = AddressSet(["127.0.0.0/8", "::1"].compactMap { AddressRange($0) })

    /// Addresses that are not routed on the internet, those of this machine included: RFC 1918, RFC 4193, link-local.
    public static let privateNetworks = AddressSet(
        [
            "127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7",
            "fe80::/10",
        ].compactMap { AddressRange($0) })

    /// Every address.
    public static let all = AddressSet(["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) })

    /// Whether nothing is in the set.
    public var isEmpty: Bool { ipv4First.isEmpty && ipv6First.isEmpty }

    /// Whether an address is in the set; its port does not matter.
    public func contains(_ address: SocketAddress) -> Bool {
        switch address {
        case .ipv4(let address, _): Self.contains(address.value, ipv4First, ipv4Last)
        case .ipv6(let address, _, _):
            if let mapped = address.mappedIPv4 {
                Self.contains(mapped.value, ipv4First, ipv4Last)
            } else {
                Self.contains(address.value, ipv6First, ipv6Last)
            }
        case .unix: false
        }
    }

    /// The addresses of both sets.
    public func union(_ other: AddressSet) -> AddressSet {
        var both = AddressSet()
        (both.ipv4First, both.ipv4Last) = Self.merged(
            zip(ipv4First + other.ipv4First, ipv4Last + other.ipv4Last).map { $0...$1 })
        (both.ipv6First, both.ipv6Last) = Self.merged(
            zip(ipv6First + other.ipv6First, ipv6Last + other.ipv6Last).map { $0...$1 })
        return both
    }

    private static func contains<Number: FixedWidthInteger>(
        _ address: Number, _ first: [Number], _ last: [Number]
    ) -> Bool {
        var low = 0
        var high = first.count
        // The number of ranges that begin at the address or before it.
        while low < high {
            let middle = (low + high) / 2
            if first[middle] <= address { low = middle + 1 } else { high = middle }
        }
        return low > 0 && address <= last[low - 1]
    }

    private static func merged<Number: FixedWidthInteger>(_ ranges: [ClosedRange<Number>]) -> ([Number], [Number]) {
        var first: [Number] = []
        var last: [Number] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            // One that overlaps the range before it, or follows it at once, is the same range.
            if let end = last.last, end == Number.max || range.lowerBound <= end + 1 {
                last[last.count - 1] = max(end, range.upperBound)
            } else {
                first.append(range.lowerBound)
                last.append(range.upperBound)
            }
        }
        return (first, last)
    }
}

/// Texts that are no ranges of addresses.
public struct AddressSetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The texts.
    public let invalid: [String]

    /// Names them, and says what to write.
    public var description: String {
        let names = invalid.map { "\"\($0)\"" }.joined(separator: ", ")
        return
            "\(names): no address or range; write 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32, without bits set behind the prefix"
    }
}

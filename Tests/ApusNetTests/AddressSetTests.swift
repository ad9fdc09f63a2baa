import ApusNet
import Testing

@Suite("Sets of addresses")
struct AddressSetTests {
    private func address(_ host: String) -> SocketAddress { SocketAddress(host: host, port: 80)! }

    @Test("an address is in the set from the first to the last of each range")
    func bounds() throws {
        let set = try AddressSet(["10.0.0.0/8", "192.0.2.7", "2001:db8::/33", "0.0.0.0/32", "255.255.255.255"])
        for host in [
            "10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
            "0.0.0.0",
            "255.255.255.255", "::ffff:10.1.2.3",
        ] {
            #expect(set.contains(address(host)), "\(host)")
        }
        for host in [
            "9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8", "2001:db8:8000::", "2001:db7:ffff::", "0.0.0.1",
            "255.255.255.254", "::a00:1", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            #expect(!set.contains(address(host)), "\(host)")
        }
        #expect(!set.contains(.unix(path: "/10.0.0.1")))
    }

    @Test(
        "an address with something behind it is none",
        arguments: ["::1\0", "2001:db8::\0\0]", "::1 ", " ::1", "::1%lo", "[::1]", "::1/128"])
    func behind(text: String) {
        #expect(IPv6Address(text) == nil)
        #expect(IPv4Address("127.0.0.1" + text) == nil)
    }

    @Test("ranges that overlap or touch are one, whatever their order")
    func merging() throws {
        let split = try AddressSet(["10.128.0.0/9", "10.0.0.0/16", "10.0.0.0/9", "10.0.0.1", "fe00::/8", "ff00::/8"])
        #expect(split == (try AddressSet(["10.0.0.0/8", "fe00::/7"])))
        let apart = try AddressSet(["10.0.0.0/8"]).union(AddressSet(["fe00::/7", "10.3.0.0/16"]))
        #expect(apart == split)
        #expect(try AddressSet(["::ffff:10.0.0.0/104"]) == AddressSet(["10.0.0.0/8"]))
    }

    @Test("everything, nothing, and the private networks")
    func named() {
        #expect(AddressSet.all.contains(address("255.255.255.255")) && AddressSet.all.contains(address("::")))
        #expect(AddressSet().isEmpty && !AddressSet().contains(address("::")))
        for host in ["127.0.0.1", "::1", "192.168.1.1", "172.31.255.255", "fd00::1", "fe80::1", "169.254.169.254"] {
            #expect(AddressSet.privateNetworks.contains(address(host)), "\(host)")
        }
        for host in ["172.32.0.0", "8.8.8.8", "2606:4700::1111"] {
            #expect(!AddressSet.privateNetworks.contains(address(host)), "\(host)")
        }
        #expect(
            AddressSet.loopback.contains(address("127.255.0.1")) && !AddressSet.loopback.contains(address("10.0.0.1")))
    }

    @Test("what is no range is named, all at once")
    func mistakes() {
        let error = #expect(throws: AddressSetError.self) {
            try AddressSet(["10.0.0.0/8", "10.0.0.1/8", "localhost", "10.0.0.0/33", "", "2001:db8::/129", "1.2.3.4/ 8"])
        }
        #expect(error?.invalid == ["10.0.0.1/8", "localhost", "10.0.0.0/33", "", "2001:db8::/129", "1.2.3.4/ 8"])
        #expect(error?.description.contains("\"localhost\"") == true)
    }

    @Test("a set finds what a look at each range finds", arguments: [1, 2, 3, 50, 1000])
    func search(count: Int) {
        var state: UInt64 = UInt64(count)
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 32
        }
        let ranges = (0..<count).compactMap { _ -> AddressRange? in
            let bits = 8 + Int(next() % 25)
            let value = UInt32(truncatingIfNeeded: next()) & ~(UInt32.max >> UInt32(bits))
            return AddressRange("\(IPv4Address(value: value))/\(bits)")
        }
        #expect(ranges.count == count)
        let set = AddressSet(ranges)
        for _ in 0..<5000 {
            let address = SocketAddress.ipv4(IPv4Address(value: UInt32(truncatingIfNeeded: next())), port: 0)
            #expect(set.contains(address) == ranges.contains { $0.contains(address) })
        }
    }
}

import ApusNet
import Testing

@testable import Apus

@Suite("A client's name in logs")
struct PeerNameTests {
    @Test("costs a connection one word")
    func size() { #expect(MemoryLayout<PeerName?>.size == 8) }

    @Test(
        "is the address without the port, a path, or that there is none",
        arguments: [
            ("::1", "::1"), ("fe80::1%3", "fe80::1%3"), ("unix:/run/a.sock", "/run/a.sock"), ("unix:", "unix:"),
        ])
    func text(host: String, name: String) {
        guard case .text(let text) = PeerName(SocketAddress(host: host, port: 80)) else {
            Issue.record("\(host) is no text")
            return
        }
        #expect(String(decoding: text.bytes, as: UTF8.self) == name)
        guard case .text(let none) = PeerName(nil) else {
            Issue.record("nobody has a name")
            return
        }
        #expect(none.bytes == [UInt8(ascii: "-")])
    }

    @Test("of IPv4 is a number")
    func number() {
        guard case .ipv4(0x7F00_0001) = PeerName(SocketAddress(host: "127.0.0.1", port: 80)) else {
            Issue.record("it is text")
            return
        }
    }
}

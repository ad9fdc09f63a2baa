import ApusRuntime
import Testing

@testable import ApusNet

@Suite("Echo, the smallest protocol", .timeLimit(.minutes(2))) struct EchoTests {
    enum Interface: CaseIterable { case synchronous, asynchronous }

    /// Runs an echo server on either interface.
    private func withEcho(_ interface: Interface, _ body: (SocketAddress) async throws -> Void) async throws {
        try await withLoops { group in
            switch interface {
            case .synchronous:
                let server = try StreamServer.listen(on: anyPort, group: group) { _ in Echo() }
                try await body(server.address)
                server.stopAccepting()
            case .asynchronous:
                let listener = try AsyncListener.listen(on: anyPort, group: group)
                async let served: Void = listener.serve { connection in
                    while let bytes = try await connection.read() { try await connection.write(bytes) }
                }
                try await body(listener.address)
                listener.stop()
                await served
            }
        }
    }

    @Test(
        "every byte comes back, whatever the size",
        arguments: Interface.allCases, [0, 1, 64, 4096, 65_535, 65_536, 65_537, 1 << 20, 10 << 20])
    func sizes(_ interface: Interface, _ size: Int) async throws {
        try await withEcho(interface) { address in
            let sent = noise(size, seed: UInt64(size))
            let peer = try await onThread { try RawSocket(to: address) }
            async let sending: Void = onThread {
                try peer.send(sent)
                peer.endWriting()
            }
            let returned = try await onThread { try peer.receiveAll() }
            try await sending
            #expect(returned == sent)
        }
    }

    @Test("many connections at once don't mix", arguments: Interface.allCases)
    func manyConnections(_ interface: Interface) async throws {
        try await withEcho(interface) { address in
            let mixed = try await onThread {
                let peers = try (0..<300).map { _ in try RawSocket(to: address) }
                for round in 0..<3 {
                    for (index, peer) in peers.enumerated() { try peer.send("\(round) \(index);") }
                }
                var mixed: [Int] = []
                for (index, peer) in peers.enumerated() {
                    peer.endWriting()
                    let text = String(decoding: try peer.receiveAll(), as: UTF8.self)
                    if text != "0 \(index);1 \(index);2 \(index);" { mixed.append(index) }
                }
                return mixed
            }
            #expect(mixed.isEmpty)
        }
    }

    @Test("a peer that resets in the middle harms nobody else", arguments: Interface.allCases)
    func resetStorm(_ interface: Interface) async throws {
        try await withEcho(interface) { address in
            let echoed = try await onThread {
                let survivor = try RawSocket(to: address)
                for round in 0..<200 {
                    let peer = try RawSocket(to: address)
                    if round % 2 == 0 { try peer.send("half a wo") }
                    peer.resetWhenClosed()
                }
                try survivor.send("still here")
                return try survivor.receive(exactly: 10)
            }
            #expect(echoed == Array("still here".utf8))
        }
    }

    private final class Echo: ConnectionHandler {
        func received(_ bytes: RawSpan, on connection: Connection) -> Int {
            guard connection.isWritable else {
                connection.pauseReceiving()
                return 0
            }
            connection.write(bytes)
            return bytes.byteCount
        }

        func writable(on connection: Connection) {
            connection.startReceiving()
            connection.presentKept()
        }
    }
}

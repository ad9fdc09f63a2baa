import CSystem
import Testing

@testable import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sends bytes from memory that stays, however the driver wants to be asked, and counts what left.
@safe private final class Sender {
    let bytes: UnsafeMutableRawBufferPointer
    private var sent = 0
    let pieceSize: Int

    init(_ content: [UInt8], pieceSize: Int) {
        unsafe bytes = .allocate(byteCount: content.count, alignment: 16)
        unsafe bytes.copyBytes(from: content)
        self.pieceSize = pieceSize
    }

    deinit { unsafe bytes.deallocate() }

    var isDone: Bool { unsafe sent == bytes.count }

    /// Goes on after so many more bytes left; the list of pieces is gone when this returns.
    func go(on probe: Probe, after more: Int = 0) {
        sent += more
        while unsafe sent < bytes.count {
            let result: SendResult
            if pieceSize == 0 {
                result = unsafe probe.send(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            } else {
                let pieces = unsafe stride(from: sent, to: bytes.count, by: pieceSize).map { start in
                    unsafe iovec(iov_base: bytes.baseAddress! + start, iov_len: min(pieceSize, bytes.count - start))
                }
                result = unsafe pieces.withUnsafeBufferPointer { unsafe probe.send($0) }
            }
            switch result {
            case .sent(let count):
                sent += count
                if unsafe sent < bytes.count { return #expect(probe.isAwaitingWritable) }
            case .pending: return
            case .failed(let error):
                Issue.record(error)
                return
            }
        }
    }
}

/// Sends back what it receives.
private final class Echo {
    private var current: Sender?
    private var waiting: [UInt8] = []

    func received(_ bytes: RawSpan, on probe: Probe) {
        unsafe bytes.withUnsafeBytes { unsafe waiting.append(contentsOf: $0) }
        goOn(probe)
    }

    func completed(_ count: Int, on probe: Probe) {
        current?.go(on: probe, after: count)
        goOn(probe)
    }

    private func goOn(_ probe: Probe) {
        while current?.isDone ?? true, !waiting.isEmpty {
            let next = Sender(waiting, pieceSize: 0)
            waiting = []
            current = next
            next.go(on: probe)
        }
    }
}

// Long arrays are compared before the macro sees them: it would look for the smallest difference, for ever.
@Suite("Moving bytes, with every driver", .timeLimit(.minutes(1)))
struct DriverTransferTests {
    @Test(
        "bytes arrive as they were sent, whole and in order, whatever their number",
        arguments: DriverKind.available,
        [1, 2, 511, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 1 << 20, 3_000_000])
    func receive(_ kind: DriverKind, _ size: Int) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            let probe = RemoteProbe(loop, ours)
            #expect(peer.write(pattern(size)) == size)
            peer.end()
            let all = probe.happenings.wait { $0.contains(.receivedEnd) }
            let isSame = all.joined == [.received(pattern(size)), .receivedEnd]
            #expect(isSame)
        }
    }

    @Test(
        "sends of any size leave whole and in order, as one piece or as many",
        arguments: DriverKind.available, [1, 700, 65_536, 1 << 20, 5_000_000])
    func send(_ kind: DriverKind, _ size: Int) throws {
        try withLoop(kind) { loop in
            for pieceSize in [0, 1 + size / 3, 1 + size / 64, 1 + size / 1500] {
                let (ours, peer) = try tcpPair()
                let probe = RemoteProbe(loop, ours) { probe in
                    let sender = Sender(pattern(size), pieceSize: pieceSize)
                    probe.whenCompleted = { sender.go(on: $0, after: $1) }
                }
                probe { $0.whenCompleted($0, 0) }
                let isSame = peer.read(size) == pattern(size)
                #expect(isSame)
                probe { $0.close() }
                #expect(peer.readToEnd() == (0, 0))
            }
        }
    }

    @Test(
        "what many endpoints send in one turn leaves, though it is more than the driver takes at once", .serialized,
        arguments: DriverKind.available)
    func manySends(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            raiseDescriptorLimit()
            let pairs = try (0..<1500).map { _ in try socketPair() }
            let probes = pairs.map { RemoteProbe(loop, $0.ours, isReceiving: false) }
            let ids = probes.map(\.id)
            loop.perform { loop in
                for (index, id) in ids.enumerated() {
                    guard let probe = loop.find(id) as? Probe else { continue }
                    let sender = Sender(Array("number \(index)".utf8), pieceSize: index % 2 == 0 ? 0 : 3)
                    probe.whenCompleted = { sender.go(on: $0, after: $1) }
                    sender.go(on: probe)
                }
            }
            for (index, pair) in pairs.enumerated() {
                let expected = Array("number \(index)".utf8)
                #expect(pair.peer.read(expected.count) == expected)
            }
        }
    }

    @Test("an echo returns every byte while both directions are full", arguments: DriverKind.available)
    func echo(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            _ = RemoteProbe(loop, ours) { probe in
                let echo = Echo()
                probe.isQuiet = true
                probe.whenReceived = { echo.received($1, on: $0) }
                probe.whenCompleted = { echo.completed($1, on: $0) }
            }
            let bytes = pattern(8 << 20)
            try onThreads(1) { _ in
                #expect(peer.write(bytes) == bytes.count)
            } meanwhile: {
                let isSame = peer.read(bytes.count) == bytes
                #expect(isSame)
            }
        }
    }

    @Test("two hundred connections echo at once, each its own bytes", arguments: DriverKind.available)
    func manyEchoes(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let pairs = try (0..<200).map { _ in try socketPair() }
            for (ours, _) in pairs {
                _ = RemoteProbe(loop, ours) { probe in
                    let echo = Echo()
                    probe.whenReceived = { echo.received($1, on: $0) }
                    probe.whenCompleted = { echo.completed($1, on: $0) }
                }
            }
            for round in 0..<20 {
                for (index, pair) in pairs.enumerated() { pair.peer.write(Array("\(round) of \(index)".utf8)) }
                for (index, pair) in pairs.enumerated() {
                    let expected = Array("\(round) of \(index)".utf8)
                    #expect(pair.peer.read(expected.count) == expected)
                }
            }
        }
    }
}

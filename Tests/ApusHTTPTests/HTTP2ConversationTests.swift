import ApusRuntime
import TestSupport
import Testing

@testable import ApusHTTP

/// Whole conversations, cut and changed.
@Suite struct HTTP2ConversationTests {
    /// What a client might send behind its preface.
    static let conversation: [UInt8] =
        settingsFrame([(3, 100), (4, 65_535), (0xAAAA, 7)]) + frame(.windowUpdate, octets(1 << 20))
        + frame(.settings, flags: .ack)
        + frame(
            .headers, flags: [.endHeaders, .endStream, .priority], stream: 1, octets(0x8000_0000) + [255, 130, 132])
        + frame(.priority, stream: 7, octets(1) + [3])
        + frame(.headers, flags: .padded, stream: 3, [2, 131, 134, 0, 0])
        + frame(.continuation, stream: 3) + frame(.continuation, flags: .endHeaders, stream: 3, [135])
        + frame(.data, stream: 3, Array(0..<200)) + frame(.data, flags: .padded, stream: 3, [3, 1, 2, 0, 0, 0])
        + frame(HTTP2FrameType(rawValue: 0xBA), stream: 3, [1, 2, 3, 4]) + frame(.ping, octets(1) + octets(2))
        + frame(.data, stream: 3) + frame(.data, flags: [.padded, .endStream], stream: 3, [0])
        + frame(.priorityUpdate, octets(9) + Array("u=0".utf8)) + frame(.windowUpdate, stream: 1, octets(100))
        + frame(.priority, stream: 3, [0, 0])
        + frame(.resetStream, stream: 1, octets(8)) + frame(.goAway, octets(0) + octets(0) + Array("bye".utf8))

    @Test("a conversation is read the same at every cut, and byte by byte")
    func cuts() {
        let fresh = HTTP2FrameReader(role: .server)
        let whole = readFrames(Self.conversation, reader: fresh)
        #expect(whole.count == 19)
        for cut in 0...Self.conversation.count {
            #expect(joined(readFrames(Self.conversation, cuts: [cut], reader: fresh)) == whole, "cut at \(cut)")
        }
        let bytewise = readFrames(Self.conversation, cuts: Array(0..<Self.conversation.count), reader: fresh)
        #expect(joined(bytewise) == whole)
        #expect(bytewise.count > whole.count + 190)
    }

    @Test("a mutated conversation is read the same at every cut, and what is accepted is sound")
    func mutations() {
        var random = SeededRandom(seed: 0x9113)
        var refused = 0
        for round in 0..<10_000 {
            let bytes = Mutation.of(Self.conversation, &random)
            let role: HTTP2Role = round % 4 == 0 ? .client : .server
            let fresh = HTTP2FrameReader(role: role)
            let whole = readFrames(bytes, reader: fresh)
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            #expect(joined(readFrames(bytes, cuts: cuts, reader: fresh)) == joined(whole), "\(bytes) cut at \(cuts)")
            if case .other(.failure(let error))? = whole.last, error.endsConnection { refused += 1 }
        }
        #expect(refused > 1000 && refused < 9900)
    }

    @Test("the rules hold whatever frames come: streams, windows and priorities stay sound")
    func session() {
        var random = SeededRandom(seed: 0x2_0)
        var ends: Set<HTTP2Violation> = []
        for _ in 0..<3000 {
            var settings = HTTP2Settings.server
            settings.maxConcurrentStreams = 2
            settings.initialWindowSize = 300
            var table = HTTP2StreamTable(role: .server, settings: settings)
            var queued: Set<Int> = []
            conversation: for _ in 0..<40 {
                let number =
                    UInt32.random(in: 1...14, using: &random) | (Int.random(in: 0..<20, using: &random) == 0 ? 0 : 1)
                let id = HTTP2StreamID(number)
                do throws(HTTP2Error) {
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0, 1:
                        let endsStream = Bool.random(using: &random)
                        if case .request(let slot) = try table.receiveHeaders(on: id, endsStream: endsStream) {
                            #expect(table[slot].state == (endsStream ? .halfClosedRemote : .open))
                            table.enqueue(slot)
                            queued.insert(slot)
                        }
                    case 2, 3:
                        let count = UInt32.random(in: 0...200, using: &random)
                        _ = try table.receiveData(
                            .piece(number, count, ends: Int.random(in: 0..<4, using: &random) == 0))
                    case 4:
                        if let slot = try table.receiveReset(on: id) {
                            queued.remove(slot)
                            table.remove(slot)
                        }
                    case 5:
                        _ = try table.receiveWindowUpdate(
                            on: id, UInt32.random(in: 0x7FFE_FFFF...0x7FFF_FFFF, using: &random))
                    case 6:
                        try table.receivePriorityUpdate(for: id, HTTP2Priority(urgency: UInt8(number % 8)))
                    default:
                        if let slot = table.nextToSend(), table.didSendEnd(slot) {
                            queued.remove(slot)
                            table.remove(slot)
                        } else if let slot = table.slot(of: id), !table[slot].state.canSend {
                            table.dequeue(slot)
                            queued.remove(slot)
                        }
                    }
                } catch {
                    ends.insert(error.violation)
                    if error.endsConnection { break conversation }
                    if let slot = table.didReset(error.stream) {
                        queued.remove(slot)
                        table.remove(slot)
                    }
                }
                #expect(table.count <= 2 && table.isSendQueueEmpty == queued.isEmpty)
                table.forEach { table, slot in
                    #expect(table[slot].receiveWindow.left >= 0 && table[slot].receiveWindow.unconsumed <= 300)
                }
            }
        }
        #expect(
            ends.isSuperset(of: [
                .streamIdle, .streamClosed, .decreasingStreamID, .invalidStreamID, .trailersWithoutEnd, .windowExceeded,
                .windowOverflow, .tooManyStreams, .invalidPriorityUpdate,
            ]), "\(ends.map(\.message.description))")
    }
}

import TestSupport
import Testing

@testable import ApusHTTP

@Suite struct HTTP2StreamTableTests {
    @Test("an empty table owns no memory, and gives it back when it is empty again")
    func memory() throws {
        var table = HTTP2StreamTable(role: .server, settings: .server)
        #expect(table.capacity == 0 && table.isEmpty)
        let slot = try #require(try table.request(1))
        #expect(table.capacity == 8 && table.count == 1)
        table.trim()
        #expect(table.capacity == 8)
        table.remove(slot)
        #expect(table.capacity == 8)
        table.trim()
        #expect(table.capacity == 0)
        #expect(try table.request(3) != nil)
        #expect(MemoryLayout<HTTP2Stream>.stride <= 48)
        #expect(MemoryLayout<HTTP2StreamTable>.size <= 256)
    }

    @Test("streams are found by number, however they come and go")
    func model() throws {
        var random = SeededRandom(seed: 0x51)
        for _ in 0..<40 {
            var settings = HTTP2Settings.server
            settings.maxConcurrentStreams = UInt32.random(in: 1...300, using: &random)
            var table = HTTP2StreamTable(role: .server, settings: settings)
            var model: [UInt32: Int] = [:]
            var last: UInt32 = 1
            for _ in 0..<1500 {
                if Int.random(in: 0..<5, using: &random) < 3 {
                    last += 2 * UInt32.random(in: 0...3, using: &random) + 2
                    let id = last - 2
                    if let slot = try? table.request(id) {
                        #expect(!model.values.contains(slot))
                        model[id] = slot
                    } else {
                        #expect(model.count == Int(settings.maxConcurrentStreams))
                    }
                } else if let (id, slot) = model.randomElement(using: &random) {
                    table.remove(slot)
                    model[id] = nil
                }
                #expect(table.count == model.count && table.peerCount == model.count)
                let some = UInt32.random(in: 0...last, using: &random)
                #expect(table.slot(of: HTTP2StreamID(some)) == model[some])
            }
            for (id, slot) in model {
                #expect(table.slot(of: HTTP2StreamID(id)) == slot && table[slot].id.rawValue == id)
            }
            var visited = 0
            table.forEach { table, slot in
                visited += 1
                table.remove(slot)
            }
            #expect(visited == model.count && table.isEmpty)
        }
    }

    @Test("a change of the initial window reaches every stream, and new ones")
    func initialWindow() throws {
        var table = HTTP2StreamTable(role: .server, settings: .server)
        let first = try #require(try table.request(1))
        table[first].sendWindow.spend(65_000)
        try table.adjustSendWindows(by: -65_000)
        let second = try #require(try table.request(3))
        #expect(table[first].sendWindow.size == 535 - 65_000 && table[second].sendWindow.size == 535)
        try table.adjustSendWindows(by: 65_000)
        #expect(table[first].sendWindow.size == 535 && table[second].sendWindow.size == 65_535)
        #expect(try table.receiveWindowUpdate(on: HTTP2StreamID(1), 1) == first)
        #expect(throws: HTTP2Error(.windowOverflow)) {
            try table.adjustSendWindows(by: .max - 65_535)
            try table.adjustSendWindows(by: 1)
        }
    }

    @Test("our own change of the initial window reaches every stream too")
    func ownInitialWindow() throws {
        var table = HTTP2StreamTable(role: .server, settings: .initial)
        let first = try #require(try table.request(1))
        table.adjustReceiveWindows(by: 1000)
        let second = try #require(try table.request(3))
        #expect(table[first].receiveWindow.left == 66_535 && table[second].receiveWindow.left == 66_535)
    }

    @Test("a stream that was reset counts until it is removed: rapid reset gains nothing")
    func rapidReset() throws {
        var settings = HTTP2Settings.server
        settings.maxConcurrentStreams = 2
        var table = HTTP2StreamTable(role: .server, settings: settings)
        let first = try #require(try table.request(1))
        _ = try table.request(3)
        #expect(try table.receiveReset(on: HTTP2StreamID(1)) == first)
        #expect(table[first].state == .closed)
        #expect(throws: HTTP2Error(.tooManyStreams, stream: HTTP2StreamID(5))) { try table.request(5) }
        table.remove(first)
        #expect(try table.request(7) != nil)
    }

    @Test("a client opens streams of odd numbers until they are used up")
    func localStreams() throws {
        var table = HTTP2StreamTable(role: .client, settings: .client)
        for number in [UInt32(1), 3, 5] {
            let slot = try #require(table.openLocal(endsStream: number == 3) as Int?)
            #expect(table[slot].id.rawValue == number)
            #expect(table[slot].state == (number == 3 ? .halfClosedLocal : .open))
        }
        #expect(table.lastLocalStream.rawValue == 5 && table.peerCount == 0)
        var server = HTTP2StreamTable(role: .server, settings: .server)
        #expect(server.openLocal(endsStream: false).map { server[$0].id.rawValue } == 2)
    }

    @Test("priorities that come before their streams are kept, the last few")
    func earlyPriorities() throws {
        var table = HTTP2StreamTable(role: .server, settings: .server)
        for number in stride(from: UInt32(1), to: 61, by: 2) {
            try table.receivePriorityUpdate(
                for: HTTP2StreamID(number), HTTP2Priority(urgency: number == 59 ? 1 : UInt8(number % 8)))
        }
        try table.receivePriorityUpdate(for: HTTP2StreamID(57), HTTP2Priority(urgency: 0))
        func priority(of number: UInt32) throws -> HTTP2Priority {
            table[try #require(try table.request(number))].priority
        }
        #expect(try priority(of: 1) == .unsignalled, "too many have come since")
        #expect(try priority(of: 55) == HTTP2Priority(urgency: 7))
        #expect(try priority(of: 57) == HTTP2Priority(urgency: 0))
        try table.receivePriorityUpdate(for: HTTP2StreamID(57), HTTP2Priority(urgency: 6))
        #expect(table[try #require(table.slot(of: HTTP2StreamID(57)) as Int?)].priority.urgency == 6)
        #expect(try priority(of: 59) == HTTP2Priority(urgency: 1))
        #expect(throws: HTTP2Error(.invalidPriorityUpdate)) {
            try table.receivePriorityUpdate(for: HTTP2StreamID(2), HTTP2Priority())
        }
    }

    @Test("after GOAWAY new streams are ignored, and the old ones go on")
    func goAway() throws {
        var table = HTTP2StreamTable(role: .server, settings: .server)
        _ = try table.receiveHeaders(on: HTTP2StreamID(1), endsStream: false)
        #expect(table.stopAccepting() == HTTP2StreamID(1))
        #expect(try table.receiveHeaders(on: HTTP2StreamID(3), endsStream: false) == .ignored)
        #expect(try table.receiveData(.piece(3, 10)) == nil)
        #expect(try table.receiveHeaders(on: HTTP2StreamID(3), endsStream: true) == .ignored)
        #expect(try table.receiveData(.piece(1, 10)) != nil)
        #expect(table.stopAccepting() == HTTP2StreamID(1))
        #expect(table.lastPeerStream == HTTP2StreamID(3) && table.count == 1)
    }
}

extension HTTP2StreamTable {
    /// Opens a stream by a request that ends at once; nil when it did something else.
    mutating func request(_ number: UInt32) throws -> Int? {
        guard case .request(let slot) = try receiveHeaders(on: HTTP2StreamID(number), endsStream: true) else {
            return nil
        }
        return slot
    }
}

extension HTTP2DataPiece {
    /// A whole frame of `count` octets.
    static func piece(_ stream: UInt32, _ count: UInt32, ends: Bool = false) -> HTTP2DataPiece {
        HTTP2DataPiece(
            stream: HTTP2StreamID(stream), bytes: ByteSlice(start: 0, count: count), flowControlled: count, padding: 0,
            place: ends ? [.beginsFrame, .endsFrame, .endsStream] : [.beginsFrame, .endsFrame])
    }
}

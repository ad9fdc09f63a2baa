import TestSupport
import Testing

@testable import ApusHTTP

/// RFC 9113, 5.1 and 8.1: what each frame does in each state.
@Suite struct HTTP2StreamStateTests {
    /// How stream 5 of a server has come to where it is; 1 was opened before, 3 was passed over.
    enum History: CaseIterable {
        case idle, open, halfClosedLocal, halfClosedRemote, ended, resetByUs, resetByUsAndRemoved, resetByPeer,
            resetByPeerAndRemoved
    }

    static func table(_ history: History) throws -> HTTP2StreamTable {
        var table = HTTP2StreamTable(role: .server, settings: .server)
        _ = try table.request(1)
        guard history != .idle else { return table }
        let id = HTTP2StreamID(5)
        let ends = history == .halfClosedRemote || history == .ended
        guard case .request(let slot) = try table.receiveHeaders(on: id, endsStream: ends) else { return table }
        switch history {
        case .idle, .open, .halfClosedRemote: break
        case .halfClosedLocal: #expect(table.didSendEnd(slot) == false)
        case .ended:
            #expect(table.didSendEnd(slot) == true)
            table.remove(slot)
        case .resetByUs: #expect(table.didReset(id) == slot)
        case .resetByUsAndRemoved:
            table.didReset(id)
            table.remove(slot)
        case .resetByPeer: #expect(try table.receiveReset(on: id) == slot)
        case .resetByPeerAndRemoved:
            _ = try table.receiveReset(on: id)
            table.remove(slot)
        }
        return table
    }

    /// What came of a frame.
    enum Outcome: Equatable {
        case taken, ignored
        case streamError(HTTP2Violation)
        case connectionError(HTTP2Violation)
    }

    static func outcome(_ receive: () throws -> Bool) -> Outcome {
        do {
            return try receive() ? .taken : .ignored
        } catch let error as HTTP2Error {
            return error.endsConnection ? .connectionError(error.violation) : .streamError(error.violation)
        } catch {
            return .ignored
        }
    }

    static let rules: [(history: History, headers: Outcome, data: Outcome, reset: Outcome, window: Outcome)] = [
        (
            .idle, .taken, .connectionError(.streamIdle), .connectionError(.streamIdle), .connectionError(.streamIdle)
        ),
        (.open, .taken, .taken, .taken, .taken),
        (.halfClosedLocal, .taken, .taken, .taken, .taken),
        (.halfClosedRemote, .streamError(.streamClosed), .streamError(.streamClosed), .taken, .taken),
        (.ended, .connectionError(.streamClosed), .streamError(.streamClosed), .ignored, .ignored),
        (.resetByUs, .ignored, .ignored, .taken, .ignored),
        (.resetByUsAndRemoved, .ignored, .ignored, .ignored, .ignored),
        (.resetByPeer, .streamError(.streamClosed), .streamError(.streamClosed), .taken, .ignored),
        (.resetByPeerAndRemoved, .connectionError(.streamClosed), .streamError(.streamClosed), .ignored, .ignored),
    ]

    @Test("each frame does what the state of its stream says", arguments: rules.indices)
    func frames(_ index: Int) throws {
        let rule = Self.rules[index]
        let id = HTTP2StreamID(5)
        var table = try Self.table(rule.history)
        #expect(Self.outcome { try table.receiveHeaders(on: id, endsStream: true) != .ignored } == rule.headers)
        table = try Self.table(rule.history)
        #expect(Self.outcome { try table.receiveData(.piece(5, 10)) != nil } == rule.data)
        table = try Self.table(rule.history)
        #expect(Self.outcome { try table.receiveReset(on: id) != nil } == rule.reset)
        table = try Self.table(rule.history)
        #expect(Self.outcome { try table.receiveWindowUpdate(on: id, 10) != nil } == rule.window)
        table = try Self.table(rule.history)
        try table.receivePriorityUpdate(for: id, HTTP2Priority())
        #expect(Self.rules.count == History.allCases.count)
    }

    @Test("END_STREAM moves a stream as the diagram says")
    func transitions() throws {
        #expect(HTTP2StreamState.open.afterReceivedEnd == .halfClosedRemote)
        #expect(HTTP2StreamState.open.afterSentEnd == .halfClosedLocal)
        #expect(HTTP2StreamState.halfClosedLocal.afterReceivedEnd == .closed)
        #expect(HTTP2StreamState.halfClosedRemote.afterSentEnd == .closed)
        #expect(HTTP2StreamState.allCases.filter(\.canReceive) == [.open, .halfClosedLocal])
        #expect(HTTP2StreamState.allCases.filter(\.canSend) == [.open, .halfClosedRemote])
        var table = try Self.table(.open)
        let slot = try #require(table.slot(of: HTTP2StreamID(5)) as Int?)
        #expect(try table.receiveData(.piece(5, 3, ends: true)) == slot)
        #expect(table[slot].state == .halfClosedRemote)
        #expect(table.didSendEnd(slot) == true)
    }

    @Test("a client's streams have odd and increasing numbers")
    func numbers() throws {
        var table = try Self.table(.ended)
        for (number, violation) in [
            (UInt32(2), HTTP2Violation.invalidStreamID), (100, .invalidStreamID), (3, .decreasingStreamID),
            (5, .streamClosed),
        ] {
            #expect(throws: HTTP2Error(violation)) {
                try table.receiveHeaders(on: HTTP2StreamID(number), endsStream: true)
            }
        }
        #expect(try table.request(0x7FFF_FFFF) != nil)
        #expect(throws: HTTP2Error(.decreasingStreamID)) { try table.request(7) }
        for number in [UInt32(2), 1 << 30] {
            #expect(throws: HTTP2Error(.streamIdle)) { try table.receiveData(.piece(number, 1)) }
            #expect(throws: HTTP2Error(.streamIdle)) { try table.receiveReset(on: HTTP2StreamID(number)) }
        }
    }

    @Test("which of the last numbers were opened is remembered, and which were passed over")
    func passedOver() throws {
        var random = SeededRandom(seed: 0x5_1_1)
        var table = HTTP2StreamTable(role: .server, settings: .server)
        var opened: Set<UInt32> = []
        var last: UInt32 = 0xFFFF_FFFF
        for _ in 0..<300 {
            last = last &+ 2 * UInt32.random(in: 1...5, using: &random)
            table.remove(try #require(try table.request(last)))
            opened.insert(last)
            let some = last &- min(last, 2 * UInt32.random(in: 0..<60, using: &random))
            #expect(throws: HTTP2Error(opened.contains(some) ? .streamClosed : .decreasingStreamID)) {
                try table.request(some | 1)
            }
        }
    }

    @Test("one stream more than announced is refused, and its frames are ignored")
    func concurrency() throws {
        var settings = HTTP2Settings.server
        settings.maxConcurrentStreams = 1
        var table = HTTP2StreamTable(role: .server, settings: settings)
        let first = try #require(try table.request(1))
        let id = HTTP2StreamID(3)
        #expect(throws: HTTP2Error(.tooManyStreams, stream: id)) { try table.request(3) }
        #expect(HTTP2Violation.tooManyStreams.code == .refusedStream)
        #expect(table.didReset(id) == nil)
        #expect(try table.receiveData(.piece(3, 9)) == nil)
        #expect(try table.receiveHeaders(on: id, endsStream: true) == .ignored)
        table.remove(first)
        #expect(try table.request(5) != nil)
    }

    @Test("trailers end the stream, or are refused")
    func trailers() throws {
        var table = try Self.table(.open)
        let id = HTTP2StreamID(5)
        let slot = try #require(table.slot(of: id) as Int?)
        #expect(throws: HTTP2Error(.trailersWithoutEnd, stream: id)) {
            try table.receiveHeaders(on: id, endsStream: false)
        }
        #expect(try table.receiveHeaders(on: id, endsStream: true) == .trailers(slot))
        #expect(table[slot].state == .halfClosedRemote)
    }

    @Test("a client takes interim responses, the final one, and trailers")
    func responses() throws {
        var table = HTTP2StreamTable(role: .client, settings: .client)
        let slot = try #require(table.openLocal(endsStream: true) as Int?)
        let id = HTTP2StreamID(1)
        #expect(throws: HTTP2Error(.malformedMessage, stream: id)) { try table.receiveData(.piece(1, 1)) }
        #expect(try table.receiveHeaders(on: id, endsStream: false) == .response(slot))
        #expect(try table.receiveHeaders(on: id, endsStream: false) == .response(slot))
        table[slot].didReceiveHead()
        #expect(try table.receiveData(.piece(1, 1)) == slot)
        #expect(throws: HTTP2Error(.trailersWithoutEnd, stream: id)) {
            try table.receiveHeaders(on: id, endsStream: false)
        }
        #expect(try table.receiveHeaders(on: id, endsStream: true) == .trailers(slot))
        #expect(table[slot].state == .closed)
        #expect(throws: HTTP2Error(.invalidStreamID)) {
            try table.receiveHeaders(on: HTTP2StreamID(3), endsStream: true)
        }
        // A server could open streams by PUSH_PROMISE alone.
        #expect(throws: HTTP2Error.self) { try table.receiveHeaders(on: HTTP2StreamID(2), endsStream: true) }
    }

    @Test("DATA must be as long as Content-Length", arguments: [0, 1, 5, 6, 7, 12])
    func contentLength(_ sent: UInt32) throws {
        let announced: Int64 = 6
        let id = HTTP2StreamID(5)
        let error = HTTP2Error(.contentLengthMismatch, stream: id)
        for trailers in [false, true] {
            var table = try Self.table(.open)
            let slot = try #require(table.slot(of: id) as Int?)
            #expect(table[slot].expect(contentLength: announced) == true)
            if sent > announced {
                #expect(throws: error) { try table.receiveData(.piece(5, sent)) }
                continue
            }
            if trailers { _ = try table.receiveData(.piece(5, sent)) }
            let end: () throws -> Void = {
                if trailers {
                    _ = try table.receiveHeaders(on: id, endsStream: true)
                } else {
                    _ = try table.receiveData(.piece(5, sent, ends: true))
                }
            }
            if sent == announced { try end() } else { #expect(throws: error) { try end() } }
        }
        var table = try Self.table(.halfClosedRemote)
        let slot = try #require(table.slot(of: id) as Int?)
        #expect(table[slot].expect(contentLength: 0) == true)
        #expect(table[slot].expect(contentLength: 1) == false)
    }

    @Test("more DATA than the stream's window ends the stream")
    func windows() throws {
        var settings = HTTP2Settings.server
        settings.initialWindowSize = 100
        var table = HTTP2StreamTable(role: .server, settings: settings)
        let id = HTTP2StreamID(1)
        _ = try table.receiveHeaders(on: id, endsStream: false)
        #expect(try table.receiveData(.piece(1, 100)) != nil)
        #expect(throws: HTTP2Error(.windowExceeded, stream: id)) { try table.receiveData(.piece(1, 1)) }
        #expect(throws: HTTP2Error(.windowOverflow, stream: id)) {
            _ = try table.receiveWindowUpdate(on: id, 0x7FFF_FFFF - 65_535)
            _ = try table.receiveWindowUpdate(on: id, 1)
        }
    }

    @Test("the last hundred streams that were reset here are remembered")
    func manyResets() throws {
        var table = HTTP2StreamTable(role: .server, settings: .server)
        for number in stride(from: UInt32(1), to: 801, by: 2) {
            _ = try table.receiveHeaders(on: HTTP2StreamID(number), endsStream: false)
            let slot = try #require(table.didReset(HTTP2StreamID(number)) as Int?)
            table.remove(slot)
        }
        for number in stride(from: UInt32(601), to: 801, by: 2) {
            #expect(try table.receiveData(.piece(number, 1)) == nil)
        }
        #expect(throws: HTTP2Error(.streamClosed, stream: HTTP2StreamID(1))) { try table.receiveData(.piece(1, 1)) }
    }
}

import ApusRuntime
import TestSupport
import Testing

@testable import ApusHTTP

@Suite("A client's session of HTTP/2")
struct HTTP2ClientSessionTests {
    /// DATA of that many octets.
    private func data(_ stream: UInt32, _ count: Int, ends: Bool = false) -> [UInt8] {
        frame(.data, flags: ends ? .endStream : [], stream: stream, Array(repeating: 1, count: count))
    }

    @Test("it begins with the preface, SETTINGS without pushes, and the connection's window")
    func greeting() {
        var session = HTTP2ClientSession(pool: BufferPool())
        let bytes = written { session.begin(to: &$0) }
        #expect(bytes.starts(with: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)))
        let frames = readFrames(Array(bytes.dropFirst(24)), reader: HTTP2FrameReader(role: .server))
        #expect(bytes.count <= HTTP2ClientSession.replyRoom)
        guard case .settings(let payload)? = frames.first else {
            Issue.record("no SETTINGS: \(frames)")
            return
        }
        #expect(Array(payload.prefix(6)) == [0, 2, 0, 0, 0, 0])
        #expect(frames.last == .other(.windowUpdate(.connection, increment: (1 << 20) - 65_535)))
    }

    @Test("SETTINGS and PING are answered, and an answer to a PING of ours is told")
    func answers() {
        let peer = HTTP2ClientPeer(server: nil)
        #expect(peer.session.phase == .greeting)
        peer.ping(9)
        let events = peer.take(
            settingsFrame() + frame(.ping, octets(1) + octets(2)) + frame(.ping, flags: .ack, octets(0) + octets(9)))
        #expect(events == [.settings, .pong(9)])
        #expect(peer.session.phase == .open)
        #expect(
            peer.sent() == [
                .other(.ping(9)), .other(.settingsAck), .other(.pingAck(1 << 32 | 2)),
            ])
    }

    @Test("a request is what its head says, and its stream has the next odd number")
    func requests() throws {
        let peer = HTTP2ClientPeer()
        let first = try #require(peer.open())
        let second = try #require(peer.open())
        #expect([first.id, second.id] == [HTTP2StreamID(1), HTTP2StreamID(3)])
        for frame in peer.sent() { #expect(try peer.request(frame) == ["GET", "a:1", "/x", "2"]) }
        #expect(peer.session.openCount == 2)
    }

    @Test("a request that is repeated is the same to the server each time, whatever its table does meanwhile")
    func repeated() throws {
        let peer = HTTP2ClientPeer()
        var request = HTTP2RepeatedRequest(peer.head)
        for round in 0..<20 {
            // Another request and a smaller table move what the first refers to.
            if round == 8 {
                var other = peer.head
                other.fields.append(.eTag, "y")
                for _ in 0..<2 {
                    _ = peer.open(other)
                    for frame in peer.sent() { #expect(try peer.request(frame).last == "3") }
                }
            }
            if round == 12 { #expect(peer.take(settingsFrame([(1, 0), (1, 100)])) == [.settings]) }
            if round == 12 { _ = peer.sent() }
            let stream = peer.open(&request)
            #expect(stream != nil)
            let sent = peer.sent()
            #expect(sent.count == 1)
            #expect(try peer.request(sent[0]) == ["GET", "a:1", "/x", "2"], "round \(round)")
            if round == 7 { #expect(!request.block.isEmpty) }
        }
    }

    @Test("a head that exceeds a frame is continued")
    func continuation() throws {
        let peer = HTTP2ClientPeer()
        var head = peer.head
        head.fields.append(.referer, String(repeating: "~", count: 40_000))
        #expect(head.frameRoom(maxFrameSize: 16_384) > 40_000)
        _ = try #require(peer.open(head))
        let sent = peer.sent()
        #expect(sent.count == 3)
        var request = HTTP2RepeatedRequest(head)
        for _ in 0..<4 {
            let stream = peer.open(&request)
            #expect(stream != nil)
        }
        #expect(peer.sent().count == 12)
        #expect(request.block.isEmpty)
    }

    @Test("no more requests are opened than the server takes, and a hundred before it has said")
    func limit() throws {
        let peer = HTTP2ClientPeer(server: nil)
        for _ in 0..<100 { _ = try #require(peer.open()) }
        #expect(peer.open() == nil)
        #expect(peer.take(settingsFrame([(3, 102)])) == [.settings])
        #expect(peer.session.room == 2)
        #expect(peer.take(settingsFrame([(3, 10)])) == [.settings])
        #expect(peer.session.room == 0)
        for number in 0..<91 { _ = peer.take(peer.response(UInt32(2 * number + 1), ends: true)) }
        #expect(peer.session.room == 1)
    }

    @Test("a response is told in its parts, and its stream is gone with the last")
    func response() throws {
        let peer = HTTP2ClientPeer()
        let first = try #require(peer.open())
        let second = try #require(peer.open())
        let third = try #require(peer.open())
        #expect(
            peer.take(peer.response(1, .noContent, ends: true))
                == [.response(first, .noContent, endsStream: true)])
        let events = peer.take(
            peer.response(3, Status(103)!) + peer.response(3, length: 5) + data(3, 2) + data(3, 3, ends: true))
        #expect(events.count == 4)
        #expect(events[0] == .interim(second, Status(103)!))
        #expect(events[1] == .response(second, .ok, endsStream: false))
        #expect(peer.session.openCount == 1)
        let last = peer.take(peer.response(5) + data(5, 1) + peer.trailers(5))
        #expect(last.last == .trailers(third))
        #expect(peer.session.openCount == 0 && !peer.isOpen(third))
    }

    @Test("content that is consumed opens the windows again, on a stream that is gone the connection's")
    func windows() throws {
        var settings = HTTP2Settings.client
        settings.initialWindowSize = 1000
        var limits = HTTP2Limits()
        limits.connectionWindow = 65_535
        let peer = HTTP2ClientPeer(settings, limits: limits)
        let stream = try #require(peer.open())
        _ = peer.sent()
        #expect(peer.take(peer.response(1) + data(1, 600)).count == 2)
        #expect(peer.sent() == [])
        peer.consumed(600, of: stream)
        #expect(peer.sent() == [.other(.windowUpdate(stream.id, increment: 600))])
        peer.reset(stream)
        _ = peer.sent()
        // 33,000 octets and the first 600 are more than half of 65,535.
        for _ in 0..<32 { #expect(peer.take(data(1, 1000)) == []) }
        #expect(peer.sent() == [])
        #expect(peer.take(data(1, 1000)) == [])
        #expect(peer.sent() == [.other(.windowUpdate(.connection, increment: 33_600))])
    }

    @Test("what comes on a stream that was given up within a frame goes back to the connection's window")
    func givenUpWithinFrame() throws {
        var limits = HTTP2Limits()
        limits.connectionWindow = 65_535
        let peer = HTTP2ClientPeer(limits: limits)
        var given: UInt32 = 0
        for number in 0..<20 {
            let stream = try #require(peer.open())
            let id = UInt32(2 * number + 1)
            let bytes = peer.response(id) + data(id, 16_000)
            let cut = bytes.count - 10_000
            #expect(peer.take(Array(bytes[..<cut])).count == 2)
            peer.consumed(6000, of: stream)
            peer.reset(stream)
            #expect(peer.take(Array(bytes[cut...])) == [])
            for case .other(.windowUpdate(.connection, let increment)) in peer.sent() { given += increment }
        }
        // Without what was passed over the window would have been used up by the fifth.
        #expect(given > 20 * 16_000 - 65_535 / 2)
    }

    @Test("padding is given back by itself")
    func padding() throws {
        var settings = HTTP2Settings.client
        settings.initialWindowSize = 400
        let peer = HTTP2ClientPeer(settings)
        let stream = try #require(peer.open())
        _ = peer.sent()
        let padded = frame(.data, flags: .padded, stream: 1, [255, 1] + Array(repeating: 0, count: 255))
        #expect(peer.take(peer.response(1) + padded).count == 2)
        #expect(peer.sent() == [.other(.windowUpdate(stream.id, increment: 256))])
    }

    @Test("the server's windows bound the content of a request, and it goes on as they open")
    func sending() throws {
        let peer = HTTP2ClientPeer(server: [(4, 10)])
        let first = try #require(peer.open(endsStream: false))
        let second = try #require(peer.open(endsStream: false))
        #expect(peer.session.allowance(of: first) == 10)
        peer.content(10, of: first, endsStream: false)
        #expect(peer.session.allowance(of: first) == 0)
        peer.session.waits(first)
        peer.session.waits(second)
        #expect(peer.session.nextToSend() == second)
        peer.session.rests(second)
        #expect(peer.session.nextToSend() == nil)
        #expect(peer.take(frame(.windowUpdate, stream: 1, octets(5))) == [.mayWrite])
        #expect(peer.session.nextToSend() == first && peer.session.allowance(of: first) == 5)
        peer.content(5, of: first, endsStream: false)
        #expect(peer.session.nextToSend() == nil)
        #expect(peer.take(settingsFrame([(4, 30)])) == [.settings])
        #expect(peer.session.nextToSend() == first && peer.session.allowance(of: first) == 20)
        peer.content(20, of: first, endsStream: true)
        #expect(peer.session.nextToSend() == nil)
        // The connection's window, beside all that was sent on it.
        #expect(peer.take(settingsFrame([(4, 1 << 20), (5, 1 << 20)])) == [.settings])
        #expect(peer.session.allowance(of: second) == 65_535 - 35)
        peer.content(65_500, of: second, endsStream: false)
        peer.session.waits(second)
        #expect(peer.session.nextToSend() == nil)
        #expect(peer.take(frame(.windowUpdate, octets(7))) == [.mayWrite])
        #expect(peer.session.allowance(of: second) == 7)
    }

    @Test("a response may be whole before the request is: the request goes on, or the server stops it")
    func early() throws {
        let peer = HTTP2ClientPeer()
        let first = try #require(peer.open(endsStream: false))
        let second = try #require(peer.open(endsStream: false))
        #expect(peer.take(peer.response(1, ends: true)) == [.response(first, .ok, endsStream: true)])
        #expect(peer.isOpen(first))
        peer.content(3, of: first, endsStream: true)
        #expect(!peer.isOpen(first))
        let stop = peer.take(peer.response(3, ends: true) + frame(.resetStream, stream: 3, octets(0)))
        #expect(stop == [.response(second, .ok, endsStream: true), .stopSending(second)])
        #expect(peer.session.openCount == 0)
    }

    @Test("a request that the server resets has failed; one that it refused may be sent again")
    func resets() throws {
        let peer = HTTP2ClientPeer()
        let first = try #require(peer.open())
        let second = try #require(peer.open())
        let events = peer.take(
            frame(.resetStream, stream: 1, octets(8)) + frame(.resetStream, stream: 3, octets(7))
                + frame(.resetStream, stream: 3, octets(7)))
        #expect(events == [.failed(first, .reset(.cancel)), .failed(second, .reset(.refusedStream))])
        #expect(!HTTP2RequestFailure.reset(.cancel).mayRetry && HTTP2RequestFailure.reset(.refusedStream).mayRetry)
    }

    @Test("after GOAWAY requests up to its last go on, those above were not processed, and none is opened")
    func goAway() throws {
        let peer = HTTP2ClientPeer()
        let streams = try (0..<4).map { _ in try #require(peer.open()) }
        let first = peer.take(frame(.goAway, octets(0x7FFF_FFFF) + octets(0)))
        #expect(first.count == 1 && peer.session.openCount == 4 && peer.open() == nil)
        let second = peer.take(frame(.goAway, octets(3) + octets(0)) + peer.response(1, ends: true))
        guard case .goAway(HTTP2StreamID(3), .noError, _)? = second.first else {
            Issue.record("no GOAWAY: \(second)")
            return
        }
        #expect(
            Array(second.dropFirst()) == [
                .failed(streams[2], .unprocessed), .failed(streams[3], .unprocessed),
                .response(streams[0], .ok, endsStream: true),
            ])
        #expect(peer.session.openCount == 1 && !peer.session.takesRequests)
        #expect(HTTP2RequestFailure.unprocessed.mayRetry)
        #expect(peer.take(peer.response(3, ends: true)) == [.response(streams[1], .ok, endsStream: true)])
        #expect(peer.session.openCount == 0)
    }

    @Test("our own GOAWAY ends the requests, not the responses")
    func ownGoAway() throws {
        let peer = HTTP2ClientPeer()
        let stream = try #require(peer.open())
        _ = peer.sent()
        peer.goAway()
        #expect(peer.sent() == [.goAway(0, 0, [])])
        #expect(peer.open() == nil)
        #expect(peer.take(peer.response(1, ends: true)) == [.response(stream, .ok, endsStream: true)])
    }

    @Test("responses to HEAD, and 204 and 304, have no content whatever they announce")
    func withoutContent() throws {
        let peer = HTTP2ClientPeer()
        var head = peer.head
        head.method = .head
        let first = try #require(peer.open(head))
        let second = try #require(peer.open())
        let third = try #require(peer.open(head))
        #expect(peer.take(peer.response(1, length: 9, ends: true)) == [.response(first, .ok, endsStream: true)])
        #expect(
            peer.take(peer.response(3, .notModified, length: 9, ends: true))
                == [.response(second, .notModified, endsStream: true)])
        let wrong = peer.take(peer.response(5, length: 9) + data(5, 9, ends: true))
        #expect(wrong.last == .failed(third, .violation(.contentLengthMismatch)))
    }

    @Test(
        "a response that breaks a rule ends its stream alone",
        arguments: [
            (HTTP2Violation.malformedMessage, frame(.headers, flags: .endHeaders, stream: 1, [0x86])),
            (.malformedMessage, frame(.headers, flags: .endHeaders, stream: 1, [])),
            (
                .malformedMessage,
                frame(.headers, flags: [.endHeaders, .endStream], stream: 1, [0x08, 3] + Array("103".utf8))
            ),
            (.malformedMessage, frame(.headers, flags: .endHeaders, stream: 1, [0x08, 3] + Array("101".utf8))),
            (.malformedMessage, frame(.data, stream: 1, [1])),
            (
                .trailersWithoutEnd,
                frame(.headers, flags: .endHeaders, stream: 1, [0x88])
                    + frame(.headers, flags: .endHeaders, stream: 1, [])
            ),
            (
                .malformedMessage,
                frame(.headers, flags: .endHeaders, stream: 1, [0x88])
                    + frame(.headers, flags: [.endHeaders, .endStream], stream: 1, [0x88])
            ),
            (
                .contentLengthMismatch,
                frame(.headers, flags: [.endHeaders, .endStream], stream: 1, [0x88, 0x0F, 0x0D, 1, 0x35])
            ),
            (
                .contentLengthMismatch,
                frame(.headers, flags: .endHeaders, stream: 1, [0x88, 0x0F, 0x0D, 1, 0x35])
                    + frame(.data, stream: 1, [1, 2, 3, 4, 5, 6])
            ),
            (.zeroIncrement, frame(.windowUpdate, stream: 1, octets(0))),
            (.windowOverflow, frame(.windowUpdate, stream: 1, octets(0x7FFF_FFFF))),
        ] as [(HTTP2Violation, [UInt8])])
    func streamErrors(_ violation: HTTP2Violation, _ bytes: [UInt8]) throws {
        let peer = HTTP2ClientPeer()
        let stream = try #require(peer.open())
        let other = try #require(peer.open())
        _ = peer.sent()
        #expect(peer.take(bytes).last == .failed(stream, .violation(violation)))
        #expect(peer.sent().contains(.other(.resetStream(stream.id, violation.code))))
        // What still comes of it is passed over, and the connection goes on.
        let rest = peer.take(data(1, 3) + peer.response(3, ends: true))
        #expect(rest == [.response(other, .ok, endsStream: true)])
    }

    @Test(
        "what breaks a rule of the connection ends it, with GOAWAY",
        arguments: [
            (HTTP2Violation.invalidStreamID, frame(.headers, flags: .endHeaders, stream: 2, [0x88])),
            (.invalidStreamID, frame(.headers, flags: .endHeaders, stream: 5, [0x88])),
            (.streamIdle, frame(.data, stream: 5, [1])), (.streamIdle, frame(.resetStream, stream: 2, octets(8))),
            (.streamIdle, frame(.windowUpdate, stream: 7, octets(1))),
            (.pushPromise, frame(.pushPromise, flags: .endHeaders, stream: 1, octets(2) + [0x82])),
            (.settingsAcknowledgedTwice, frame(.settings, flags: .ack)),
            (.invalidEnablePush, settingsFrame([(2, 1)])), (.windowOverflow, frame(.windowUpdate, octets(0x7FFF_FFFF))),
            (.compression, frame(.headers, flags: .endHeaders, stream: 1, [0xFF, 0xFF])),
            (.windowExceeded, (0..<5).flatMap { _ in frame(.data, stream: 1, Array(repeating: 0, count: 16_000)) }),
            (.frameTooLarge, frame(.data, stream: 1, length: 16_385)),
            (.continuationExpected, frame(.headers, stream: 1, [0x88]) + frame(.ping, octets(0) + octets(0))),
            (.flood, (0..<1100).flatMap { _ in frame(.ping, octets(0) + octets(0)) }),
            (.flood, (0..<200).flatMap { _ in settingsFrame() }),
            (
                .tooManyContinuations,
                frame(.headers, stream: 1, [0x88]) + (0..<20).flatMap { _ in frame(.continuation, stream: 1) }
            ),
        ] as [(HTTP2Violation, [UInt8])])
    func connectionErrors(_ violation: HTTP2Violation, _ bytes: [UInt8]) throws {
        var limits = HTTP2Limits()
        limits.connectionWindow = 65_535
        let peer = HTTP2ClientPeer(limits: limits)
        _ = try #require(peer.open())
        _ = peer.sent()
        if violation == .windowExceeded { _ = peer.take(peer.response(1)) }
        #expect(peer.take(bytes).last == .ended(HTTP2Error(violation)))
        guard case .goAway(0, violation.code.rawValue, let text)? = peer.sent().last else {
            Issue.record("no GOAWAY")
            return
        }
        #expect(String(decoding: text, as: UTF8.self) == "\(violation.message)")
        #expect(peer.session.phase == .closed && peer.open() == nil)
        #expect(peer.take(frame(.ping, octets(0) + octets(0))) == [] && peer.sent() == [])
    }

    @Test("a server that begins otherwise than with SETTINGS is none")
    func otherProtocol() {
        let peer = HTTP2ClientPeer(server: nil)
        #expect(peer.take(Array("HTTP/1.1 400 Bad Request\r\n".utf8)) == [.ended(HTTP2Error(.frameTooLarge))])
        let second = HTTP2ClientPeer(server: nil)
        #expect(second.take(frame(.ping, octets(0) + octets(0))) == [.ended(HTTP2Error(.settingsExpected))])
    }

    @Test("without room in the output nothing is read")
    func needsRoom() {
        var session = HTTP2ClientSession(pool: BufferPool())
        var fields = HeaderBlock()
        var output = Buffer(capacity: HTTP2ClientSession.replyRoom - 1)
        var offset = 0
        let bytes = settingsFrame()
        let event = session.next(in: bytes.span.raw, from: &offset, fields: &fields, output: &output, now: 0)
        #expect(event == .needsRoom)
        #expect(offset == 0)
    }

    /// What a server might send to three requests, behind its SETTINGS.
    private func conversation(_ peer: HTTP2ClientPeer) -> [UInt8] {
        peer.response(1, length: 5) + data(1, 5, ends: true) + frame(.ping, octets(1) + octets(2))
            + frame(.headers, stream: 3, [0x88]) + frame(.continuation, flags: .endHeaders, stream: 3)
            + frame(.data, flags: .padded, stream: 3, [2, 9, 0, 0]) + settingsFrame([(3, 50), (4, 1000)])
            + frame(.windowUpdate, octets(100)) + peer.trailers(3) + frame(.resetStream, stream: 5, octets(2))
            + frame(HTTP2FrameType(rawValue: 0xEE), [1, 2, 3]) + frame(.goAway, octets(5) + octets(0))
    }

    @Test("a conversation is understood the same at every cut")
    func cuts() throws {
        func run(_ cut: Int?) throws -> [HTTP2ClientEvent] {
            let peer = HTTP2ClientPeer()
            for _ in 0..<3 { _ = try #require(peer.open()) }
            let events = peer.take(conversation(peer), cuts: cut.map { [$0] } ?? [])
            // Content may come in two pieces.
            return events.filter { if case .content(_, _, false) = $0 { false } else { true } }
        }
        let whole = try run(nil)
        #expect(whole.count == 7)
        let count = conversation(HTTP2ClientPeer()).count
        for cut in 0..<count {
            let events = try run(cut)
            #expect(events.count == whole.count, "cut at \(cut)")
        }
    }

    @Test("a mutated conversation never breaks the session, and leaves no stream behind that it told the end of")
    func mutations() throws {
        var random = SeededRandom(seed: 0x9113_0002)
        var ended = 0
        for _ in 0..<5000 {
            let peer = HTTP2ClientPeer()
            for _ in 0..<3 { _ = try #require(peer.open()) }
            let bytes = Mutation.of(conversation(peer), &random)
            let cuts = (0..<2).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            var open = 3
            for event in peer.take(bytes, cuts: cuts) {
                switch event {
                case .response(_, _, true), .content(_, _, true), .trailers, .failed: open -= 1
                case .ended: ended += 1
                default: break
                }
            }
            #expect(peer.session.openCount == open)
        }
        #expect(ended > 500 && ended < 4900)
    }
}

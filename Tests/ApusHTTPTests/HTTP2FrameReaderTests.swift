import Testing

@testable import ApusHTTP

/// RFC 9113, 4 and 6: what each frame must be.
@Suite struct HTTP2FrameReaderTests {
    static let whole: HTTP2DataPiece.Place = [.beginsFrame, .endsFrame]

    static let accepted: [(bytes: [UInt8], events: [ReadFrame])] = [
        // 6.1
        (
            frame(.data, stream: 1, [7, 8]),
            [.data(1, [7, 8], flowControlled: 2, padding: 0, whole)]
        ),
        (
            frame(.data, flags: .endStream, stream: 3),
            [.data(3, [], flowControlled: 0, padding: 0, whole.union(.endsStream))]
        ),
        (
            frame(.data, flags: [.padded, .endStream], stream: 1, [2, 9, 0, 0]),
            [.data(1, [9], flowControlled: 4, padding: 3, whole.union(.endsStream))]
        ),
        (
            frame(.data, flags: .padded, stream: 1, [3, 0, 0, 0]),
            [.data(1, [], flowControlled: 4, padding: 4, whole)]
        ),
        // 6.2
        (
            frame(.headers, flags: [.endHeaders, .endStream], stream: 1, [1, 2]),
            [.headers(1, [1, 2], begins: true, ends: true, endsStream: true)]
        ),
        (
            frame(.headers, flags: [.endHeaders, .padded, .priority], stream: 5, [1] + octets(3) + [16, 4, 5, 0]),
            [.headers(5, [4, 5], begins: true, ends: true, endsStream: false)]
        ),
        (
            frame(.headers, flags: .endStream, stream: 1, [1]) + frame(.continuation, stream: 1, [2])
                + frame(.continuation, flags: .endHeaders, stream: 1, [3]),
            [
                .headers(1, [1], begins: true, ends: false, endsStream: true),
                .headers(1, [2], begins: false, ends: false, endsStream: true),
                .headers(1, [3], begins: false, ends: true, endsStream: true),
            ]
        ),
        // 6.3
        (frame(.priority, stream: 3, octets(0x8000_0001) + [15]), [.other(.priority(HTTP2StreamID(3)))]),
        // 6.4
        (
            frame(.resetStream, stream: 1, octets(8)),
            [.other(.resetStream(HTTP2StreamID(1), .cancel))]
        ),
        (
            frame(.resetStream, stream: 1, octets(0xFFFF_0000)),
            [.other(.resetStream(HTTP2StreamID(1), HTTP2ErrorCode(rawValue: 0xFFFF_0000)))]
        ),
        // 6.5
        (settingsFrame([(3, 100), (4, 1)]), [.settings([0, 3, 0, 0, 0, 100, 0, 4, 0, 0, 0, 1])]),
        (settingsFrame(), [.settings([])]),
        (frame(.settings, flags: .ack), [.other(.settingsAck)]),
        // 6.7
        (frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]), [.other(.ping(0x0102_0304_0506_0708))]),
        (frame(.ping, flags: .ack, [0, 0, 0, 0, 0, 0, 0, 9]), [.other(.pingAck(9))]),
        // 6.8
        (frame(.goAway, octets(0x8000_0007) + octets(11) + [65, 66]), [.goAway(7, 11, [65, 66])]),
        // 6.9
        (
            frame(.windowUpdate, octets(0xFFFF_FFFF)),
            [.other(.windowUpdate(.connection, increment: 0x7FFF_FFFF))]
        ),
        (
            frame(.windowUpdate, stream: 0x8000_0009, octets(1)),
            [.other(.windowUpdate(HTTP2StreamID(9), increment: 1))]
        ),
        (
            frame(.windowUpdate, stream: 1, octets(0)) + frame(.settings, flags: .ack),
            [.other(.failure(HTTP2Error(.zeroIncrement, stream: HTTP2StreamID(1)))), .other(.settingsAck)]
        ),
        (
            frame(.priority, stream: 1, [0]) + frame(.settings, flags: .ack),
            [.other(.failure(HTTP2Error(.frameSize, stream: HTTP2StreamID(1)))), .other(.settingsAck)]
        ),
        // RFC 9218, 7.1
        (frame(.priorityUpdate, octets(5) + Array("u=1".utf8)), [.priorityUpdate(5, Array("u=1".utf8))]),
        // 5.5
        (
            frame(HTTP2FrameType(rawValue: 0xEE), flags: .padded, stream: 4, [1, 2, 3]) + frame(.settings, flags: .ack),
            [
                .other(
                    .unknown(
                        HTTP2FrameHeader(
                            length: 3, type: HTTP2FrameType(rawValue: 0xEE), flags: .padded, stream: HTTP2StreamID(4)))),
                .other(.settingsAck),
            ]
        ),
    ]

    @Test("a frame of the right form is read, however its bytes are cut", arguments: accepted.indices)
    func accepts(_ index: Int) {
        let (bytes, events) = Self.accepted[index]
        #expect(readFrames(bytes) == events)
        for cut in 0...bytes.count {
            #expect(joined(readFrames(bytes, cuts: [cut])) == events, "cut at \(cut)")
        }
        #expect(joined(readFrames(bytes, cuts: Array(0..<bytes.count))) == events)
    }

    static let refused: [(bytes: [UInt8], violation: HTTP2Violation)] = [
        // 4.2
        (frame(.data, stream: 1, length: 16_385), .frameTooLarge),
        (frame(.headers, flags: .endHeaders, stream: 1, length: 16_385), .frameTooLarge),
        (frame(HTTP2FrameType(rawValue: 99), length: 16_385), .frameTooLarge),
        // 6.1
        (frame(.data, stream: 0, [1]), .streamRequired),
        (frame(.data, flags: .padded, stream: 1), .frameSize),
        (frame(.data, flags: .padded, stream: 1, [1]), .paddingTooLong),
        (frame(.data, flags: .padded, stream: 1, [4, 0, 0, 0]), .paddingTooLong),
        // 6.2
        (frame(.headers, flags: .endHeaders, stream: 0, [1]), .streamRequired),
        (frame(.headers, flags: [.endHeaders, .padded], stream: 1), .frameSize),
        (frame(.headers, flags: [.endHeaders, .padded], stream: 1, [2, 1]), .paddingTooLong),
        (frame(.headers, flags: [.endHeaders, .priority], stream: 1, [0, 0, 0, 0]), .frameSize),
        (frame(.headers, flags: [.endHeaders, .priority], stream: 1, octets(1) + [0, 1]), .selfDependency),
        (frame(.headers, flags: [.endHeaders, .priority, .padded], stream: 1, [1] + octets(3) + [0]), .paddingTooLong),
        // 6.3
        (frame(.priority, stream: 0, octets(1) + [0]), .streamRequired),
        (frame(.priority, stream: 3, octets(3) + [0]), .selfDependency),
        // 6.4
        (frame(.resetStream, stream: 0, octets(1)), .streamRequired),
        (frame(.resetStream, stream: 1, [0, 0, 0]), .frameSize),
        // 6.5
        (frame(.settings, stream: 1), .connectionRequired),
        (frame(.settings, flags: .ack, octets(1) + [0, 0]), .frameSize),
        (frame(.settings, [0, 3, 0]), .frameSize),
        // 6.6
        (frame(.pushPromise, flags: .endHeaders, stream: 1, octets(2) + [1]), .pushPromise),
        // 6.7
        (frame(.ping, stream: 1, [UInt8](repeating: 0, count: 8)), .connectionRequired),
        (frame(.ping, [UInt8](repeating: 0, count: 7)), .frameSize),
        (frame(.ping, flags: .ack, [UInt8](repeating: 0, count: 9)), .frameSize),
        // 6.8
        (frame(.goAway, stream: 1, octets(0) + octets(0)), .connectionRequired),
        (frame(.goAway, octets(0)), .frameSize),
        // 6.9
        (frame(.windowUpdate, octets(0)), .zeroIncrement),
        (frame(.windowUpdate, octets(0x8000_0000)), .zeroIncrement),
        (frame(.windowUpdate, stream: 1, [0, 0, 1]), .frameSize),
        // 6.10
        (frame(.continuation, flags: .endHeaders, stream: 1, [1]), .continuationUnexpected),
        (
            frame(.headers, stream: 1, [1]) + frame(.continuation, flags: .endHeaders, stream: 3, [2]),
            .continuationExpected
        ),
        (frame(.headers, stream: 1, [1]) + frame(.data, stream: 1, [2]), .continuationExpected),
        (frame(.headers, stream: 1, [1]) + frame(.ping, octets(0) + octets(0)), .continuationExpected),
        (
            frame(.headers, stream: 1, [1]) + frame(.headers, flags: .endHeaders, stream: 1, [2]),
            .continuationExpected
        ),
        (frame(.headers, stream: 1, [1]) + frame(HTTP2FrameType(rawValue: 0xF0)), .continuationExpected),
        (
            frame(.headers, flags: .endHeaders, stream: 1, [1]) + frame(.continuation, stream: 1, [2]),
            .continuationUnexpected
        ),
        // RFC 9218, 7.1
        (frame(.priorityUpdate, stream: 1, octets(1)), .connectionRequired),
        (frame(.priorityUpdate, [0, 0, 1]), .frameSize),
        (frame(.priorityUpdate, octets(0) + [0x69]), .invalidPriorityUpdate),
    ]

    @Test("a frame of the wrong form ends the connection, however its bytes are cut", arguments: refused.indices)
    func refuses(_ index: Int) {
        let (bytes, violation) = Self.refused[index]
        let failure = ReadFrame.other(.failure(HTTP2Error(violation)))
        #expect(readFrames(bytes).last == failure)
        for cut in 0...bytes.count { #expect(readFrames(bytes, cuts: [cut]).last == failure, "cut at \(cut)") }
    }

    @Test("what a header alone tells is refused before the payload is there")
    func refusesEarly() {
        for (type, length) in [
            (HTTP2FrameType.settings, 7), (.ping, 9), (.windowUpdate, 5), (.resetStream, 100), (.pushPromise, 4),
        ] {
            #expect(readFrames(frame(type, stream: 0, length: length)).count == 1, "\(type)")
        }
    }

    @Test("the first frame must be SETTINGS, and no acknowledgement")
    func firstFrame() {
        let failure = [ReadFrame.other(.failure(HTTP2Error(.settingsExpected)))]
        for role in [HTTP2Role.server, .client] {
            let fresh = HTTP2FrameReader(role: role)
            #expect(readFrames(frame(.ping, octets(0) + octets(0)), reader: fresh) == failure)
            #expect(readFrames(frame(.settings, flags: .ack), reader: fresh) == failure)
            #expect(readFrames(settingsFrame() + frame(.settings, flags: .ack), reader: fresh).count == 2)
        }
    }

    @Test("a client takes neither PUSH_PROMISE nor PRIORITY_UPDATE")
    func client() {
        let client = HTTP2FrameReader.begun(role: .client)
        #expect(
            readFrames(frame(.pushPromise, flags: .endHeaders, stream: 1, octets(2)), reader: client)
                == [.other(.failure(HTTP2Error(.pushPromise)))])
        #expect(
            readFrames(frame(.priorityUpdate, octets(1)), reader: client)
                == [.other(.failure(HTTP2Error(.invalidPriorityUpdate)))])
    }

    @Test("DATA are handed out as they come, and paid for when their frame begins")
    func dataInPieces() {
        let bytes = frame(.data, flags: [.endStream, .padded], stream: 1, [2, 1, 2, 3, 4, 0, 0])
        #expect(
            readFrames(bytes, cuts: [9, 10, 11, 13, 14, 15])
                == [
                    .data(1, [1], flowControlled: 7, padding: 3, .beginsFrame),
                    .data(1, [2, 3], flowControlled: 0, padding: 0, []),
                    .data(1, [4], flowControlled: 0, padding: 0, [.endsFrame, .endsStream]),
                ])
    }

    @Test("the rest of a DATA frame can be passed over")
    func skipsRest() {
        var reader = HTTP2FrameReader.begun()
        let bytes = frame(.data, flags: .padded, stream: 1, [2, 1, 2, 3, 0, 0]) + frame(.settings, flags: .ack)
        var offset = 0
        guard case .data = reader.next(in: bytes.span.raw.extracting(0..<11), from: &offset) else {
            Issue.record("no data")
            return
        }
        reader.skipRestOfData()
        #expect(reader.next(in: bytes.span.raw, from: &offset) == .settingsAck)
        #expect(offset == bytes.count)
    }

    @Test("larger frames are taken when SETTINGS_MAX_FRAME_SIZE allows them")
    func largerFrames() {
        let payload = [UInt8](repeating: 1, count: 20_000)
        let reader = HTTP2FrameReader.begun(maxFrameSize: 32_768)
        #expect(
            readFrames(frame(.headers, flags: .endHeaders, stream: 1, payload), reader: reader)
                == [.headers(1, payload, begins: true, ends: true, endsStream: false)])
    }

    @Test("the preface is told from everything else by its first differing byte")
    func preface() {
        let preface = written { $0.appendHTTP2Preface() }
        #expect(preface.count == HTTP2Preface.size)
        #expect(HTTP2Preface.match((preface + [0]).span.raw) == .preface)
        for count in 0..<preface.count {
            #expect(HTTP2Preface.match(Array(preface[..<count]).span.raw) == .incomplete)
            var other = preface
            other[count] ^= 0x20
            #expect(HTTP2Preface.match(Array(other[...count]).span.raw) == .other)
        }
    }
}

import ApusRuntime
import TestSupport
import Testing

@testable import ApusHTTP

@Suite struct HTTP2WritingTests {
    @Test("a header is the nine octets of RFC 9113, 4.1, read and written")
    func header() {
        var random = SeededRandom(seed: 9)
        for _ in 0..<1000 {
            let header = HTTP2FrameHeader(
                length: UInt32.random(in: 0..<1 << 24, using: &random),
                type: HTTP2FrameType(rawValue: UInt8.random(in: 0...255, using: &random)),
                flags: HTTP2Flags(rawValue: UInt8.random(in: 0...255, using: &random)),
                stream: HTTP2StreamID(UInt32.random(in: 0...UInt32.max, using: &random)))
            var bytes = written { $0.appendHTTP2(header) }
            #expect(
                bytes
                    == Array(
                        frame(
                            header.type, flags: header.flags, stream: header.stream.rawValue, length: Int(header.length)
                        )))
            bytes[5] |= 0x80
            #expect(HTTP2FrameHeader(bytes.span.raw) == header, "the reserved bit is ignored")
        }
        #expect(HTTP2FrameHeader([UInt8](repeating: 0, count: 8).span.raw) == nil)
    }

    @Test("the frames of a fixed form are written as RFC 9113, 6 draws them")
    func fixedForms() {
        let stream = HTTP2StreamID(0x0102_0305)
        #expect(
            written { $0.appendHTTP2DataHeader(count: 3, stream: stream, endsStream: true) }
                == frame(.data, flags: .endStream, stream: 0x0102_0305, length: 3))
        #expect(
            written { $0.appendHTTP2Reset(stream, .enhanceYourCalm) }
                == frame(.resetStream, stream: 0x0102_0305, octets(11)))
        #expect(
            written { $0.appendHTTP2WindowUpdate(0x7FFF_FFFF, stream: .connection) }
                == frame(.windowUpdate, octets(0x7FFF_FFFF)))
        #expect(
            written { $0.appendHTTP2Ping(0x0102_0304_0506_0708, ack: true) }
                == frame(.ping, flags: .ack, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(
            written { $0.appendHTTP2GoAway(lastStream: .last, .noError) }
                == frame(.goAway, octets(0x7FFF_FFFF) + octets(0)))
        #expect(
            written { $0.appendHTTP2GoAway(lastStream: stream, .protocolError, debugData: "why") }
                == frame(.goAway, octets(0x0102_0305) + octets(1) + Array("why".utf8)))
        #expect(written { $0.appendHTTP2SettingsAck() } == frame(.settings, flags: .ack))
        #expect(written { $0.appendHTTP2Settings(.initial) } == frame(.settings))
        #expect(
            written { $0.appendHTTP2PriorityUpdate(HTTP2Priority(urgency: 0, isIncremental: true), stream: stream) }
                == frame(.priorityUpdate, octets(0x0102_0305) + Array("u=0,i".utf8)))
    }

    @Test("SETTINGS have no more than 57 octets, GOAWAY its 17 and the text")
    func rooms() {
        var all = HTTP2Settings.server
        all.headerTableSize = 1
        all.maxFrameSize = 1 << 20
        #expect(written { $0.appendHTTP2Settings(all) }.count == 57)
    }

    @Test("a field block is cut at the peer's frame size", arguments: [0, 1, 99, 100, 101, 199, 200, 201, 1000])
    func headers(_ count: Int) {
        let block = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let room = 5 + 9 + count + Buffer.http2ContinuationRoom(for: count, maxFrameSize: 100)
        let bytes = written(room) { buffer in
            buffer.append("other")
            let mark = buffer.beginHTTP2Headers(stream: HTTP2StreamID(7), endsStream: count % 2 == 0)
            buffer.append(block.span)
            buffer.endHTTP2Headers(mark, maxFrameSize: 100)
        }
        #expect(bytes.count == room)
        let frames = readFrames(Array(bytes.dropFirst(5)))
        var read: [UInt8] = []
        for (index, event) in frames.enumerated() {
            guard case .headers(7, let part, let begins, let ends, let endsStream) = event else {
                Issue.record("\(event)")
                return
            }
            #expect(begins == (index == 0) && ends == (index == frames.count - 1))
            #expect(endsStream == (count % 2 == 0))
            #expect(part.count == 100 || ends)
            read += part
        }
        #expect(read == block)
        #expect(frames.count == max(1, (count + 99) / 100))
    }

    @Test("a block in several frames is gathered, and given back")
    func gathering() throws {
        let pool = BufferPool()
        let limits = HTTP2Limits()
        var block = HTTP2FieldBlock()
        for round in 0..<3 {
            let parts = (0..<5).map { [UInt8](repeating: UInt8($0 + round), count: 300 * $0) }
            for (index, part) in parts.enumerated() {
                try block.append(
                    HTTP2FieldFragment(
                        stream: HTTP2StreamID(1), block: ByteSlice(from: 0, to: part.count), beginsBlock: index == 0,
                        endsBlock: index == 4, endsStream: false),
                    in: part.span.raw, limits: limits, pool: pool)
            }
            #expect((0..<block.bytes.byteCount).map { block.bytes.byte($0) } == parts.flatMap { $0 })
            if round == 1 { block.release(to: pool) }
        }
        block.release(to: pool)
        #expect(pool.statistics.inUse.count == 0)
        #expect(block.bytes.byteCount == 0)
    }

    @Test("a block without end is refused by its octets, and by its frames when they are empty")
    func continuationFlood() {
        func violation(of size: Int) -> (HTTP2Violation?, Int) {
            let pool = BufferPool()
            var block = HTTP2FieldBlock()
            let part = [UInt8](repeating: 0, count: size)
            for frames in 0..<1000 {
                do throws(HTTP2Error) {
                    try block.append(
                        HTTP2FieldFragment(
                            stream: HTTP2StreamID(1), block: ByteSlice(from: 0, to: size), beginsBlock: frames == 0,
                            endsBlock: false, endsStream: false),
                        in: part.span.raw, limits: HTTP2Limits(), pool: pool)
                } catch {
                    #expect(error.endsConnection && error.code == .enhanceYourCalm)
                    return (error.violation, frames)
                }
            }
            return (nil, 1000)
        }
        #expect(violation(of: 0) == (.tooManyContinuations, 17))
        #expect(violation(of: 16_384) == (.fieldBlockTooLarge, 4))
    }

    @Test("every violation has the code of its section and says what to do")
    func violations() {
        for violation in HTTP2Violation.allCases {
            #expect(violation.message.utf8CodeUnitCount > 20 && violation.code != .noError)
        }
        #expect(HTTP2ErrorCode.protocolError.description == "PROTOCOL_ERROR")
        #expect(HTTP2ErrorCode(rawValue: 0xD).description == "HTTP_1_1_REQUIRED")
        #expect(HTTP2ErrorCode(rawValue: 0x1234).description == "0x1234")
        #expect(!HTTP2Error(.flood, stream: HTTP2StreamID(1)).endsConnection && HTTP2Error(.flood).endsConnection)
    }
}

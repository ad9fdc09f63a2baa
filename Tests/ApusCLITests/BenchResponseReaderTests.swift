import ApusHTTP
import Testing

@testable import ApusCLI
@testable import ApusLoad

@Suite struct BenchResponseReaderTests {
    /// Reads `text` in pieces as a connection would show them: what was not consumed comes again in front.
    private func read(
        _ text: String, cutAt cuts: [Int], isHead: Bool = false, ends: Bool = false
    ) -> [ResponseReader.Event] {
        let bytes = Array(text.utf8)
        var reader = ResponseReader()
        var memo = ResponseHeadMemo()
        var events: [ResponseReader.Event] = []
        var kept: [UInt8] = []
        var start = 0
        for cut in cuts + [bytes.count] {
            kept += bytes[start..<cut]
            start = cut
            var offset = 0
            reading: while offset < kept.count {
                let event = unsafe reader.next(kept.span.bytes, from: &offset, to: isHead ? .head : .get, memo: &memo)
                switch event {
                case .needsMore: break reading
                case .answer: events.append(event)
                case .malformed: return events + [event]
                }
            }
            kept.removeFirst(offset)
        }
        if ends, let event = reader.ended() { events.append(event) }
        return events
    }

    private static let ok = ResponseReader.Event.answer(status: 200, mayContinue: true)
    private static let last = ResponseReader.Event.answer(status: 200, mayContinue: false)

    struct Example: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let events: [ResponseReader.Event]
        var isHead = false
        var ends = false
    }

    static let examples = [
        Example(
            testDescription: "Content-Length says where the content ends",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", events: [ok]),
        Example(
            testDescription: "pipelined answers are told apart, with equal heads and with others",
            text: String(repeating: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", count: 2)
                + "HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1 \r\n\r\nx",
            events: [ok, ok, .answer(status: 404, mayContinue: true), ok]),
        Example(
            testDescription: "chunks with extensions and trailers end with the empty line",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n1A\r\n"
                + "abcdefghijklmnopqrstuvwxyz\r\n000\r\nDigest: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            events: [ok, ok]),
        Example(
            testDescription: "interim answers are passed over",
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", events: [ok]),
        Example(
            testDescription: "an answer to HEAD has no content, whatever its length",
            text: String(repeating: "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", count: 2), events: [ok, ok],
            isHead: true),
        Example(
            testDescription: "204 and 304 have no content",
            text: "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
            events: [.answer(status: 204, mayContinue: true), .answer(status: 304, mayContinue: true)]),
        Example(
            testDescription: "without a length the content goes on to the end of the connection",
            text: "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", events: [last], ends: true),
        Example(
            testDescription: "Connection: close ends the connection behind the content",
            text: "HTTP/1.1 200\r\nConnection: upgrade, Close\r\nContent-Length: 1\r\n\r\nx", events: [last]),
        Example(
            testDescription: "HTTP/1.0 goes on only with keep-alive",
            text: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx"
                + "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", events: [ok, last]),
        Example(
            testDescription: "a content that was cut off is malformed",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", events: [.malformed], ends: true),
        Example(
            testDescription: "a chunked content that was cut off is malformed",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", events: [.malformed],
            ends: true),
        Example(
            testDescription: "an end between answers says nothing",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", events: [ok], ends: true),
    ]

    @Test("every split of an answer reads the same", arguments: examples)
    func splits(_ example: Example) {
        let count = example.text.utf8.count
        for first in 0...count {
            #expect(read(example.text, cutAt: [first], isHead: example.isHead, ends: example.ends) == example.events)
        }
        let all = Array(1..<count)
        #expect(read(example.text, cutAt: all, isHead: example.isHead, ends: example.ends) == example.events)
    }

    @Test(
        "what leaves the framing in doubt is malformed, however it is split",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy",
        ])
    func malformed(_ text: String) {
        for cut in 0...text.utf8.count { #expect(read(text, cutAt: [cut]) == [.malformed]) }
    }

    @Test("a head without an end is malformed before it takes all memory")
    func endlessHead() {
        let field = "A: " + String(repeating: "b", count: 1000) + "\r\n"
        #expect(read("HTTP/1.1 200 OK\r\n" + String(repeating: field, count: 300), cutAt: []) == [.malformed])
    }

    @Test("the memo knows a head again only byte for byte, and whole")
    func memo() {
        var memo = ResponseHeadMemo()
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".utf8)
        #expect(unsafe !memo.matches(head.span.bytes))
        #expect(unsafe memo.read(head.span.bytes, to: .get) == .complete(head.count))
        let longer = head + [0]
        #expect(unsafe memo.matches(head.span.bytes) && memo.matches(longer.span.bytes))
        #expect(memo.head.status.code == 200 && memo.head.framing == .length(5) && memo.head.keepsAlive)
        let part = Array(head.dropLast())
        #expect(unsafe !memo.matches(part.span.bytes))
        #expect(unsafe memo.read(part.span.bytes, to: .get) == .incomplete)
        #expect(unsafe memo.matches(head.span.bytes), "an incomplete head leaves the kept one alone")
        for place in head.indices {
            var other = head
            other[place] ^= 1
            #expect(unsafe !memo.matches(other.span.bytes))
        }
    }
}

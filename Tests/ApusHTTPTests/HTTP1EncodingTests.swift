import ApusRuntime
import TestSupport
import Testing

@testable import ApusHTTP

/// What `write` appends to a buffer.
func encoded(_ write: (inout Buffer) -> Void) -> String {
    var buffer = Buffer(capacity: 4096)
    write(&buffer)
    return String(copyingLatin1OrUTF8: buffer.bytes)
}

@Suite struct HTTP1EncodingTests {
    @Test("a status line carries the code and the registry's phrase")
    func statusLines() {
        #expect(encoded { $0.appendStatusLine(.ok) } == "HTTP/1.1 200 OK\r\n")
        #expect(encoded { $0.appendStatusLine(.notFound) } == "HTTP/1.1 404 Not Found\r\n")
        #expect(encoded { $0.appendStatusLine(.continue) } == "HTTP/1.1 100 Continue\r\n")
        // The phrase may be empty, the space before it may not be missing (RFC 9112, 4).
        #expect(encoded { $0.appendStatusLine(Status(599)!) } == "HTTP/1.1 599 \r\n")
    }

    @Test("numbers are written as the standard library writes them")
    func numbers() {
        var numbers = [0, 9, 10, 99, 100, 101, 999, 1000, Int.max, Int.max - 1]
        for shift in 0..<63 { numbers += [1 << shift, (1 << shift) - 1] }
        for number in numbers {
            #expect(encoded { $0.appendDecimal(number) } == String(number))
            #expect(encoded { $0.appendHexadecimal(number) } == String(number, radix: 16))
        }
    }

    @Test("a field line is as long as was said")
    func fieldLines() throws {
        let own = try #require(HTTPField(name: HTTPField.Name("x-Own")!, value: "é\t1"))
        let known = try #require(HTTPField(name: .contentType, value: " text/plain "))
        #expect(encoded { $0.append(field: own) } == "x-Own: é\t1\r\n")
        #expect(encoded { $0.append(field: known) } == "Content-Type: text/plain\r\n")
        for field in [own, known] {
            #expect(Buffer.count(of: field) == encoded { $0.append(field: field) }.utf8.count)
        }
    }

    @Test("what the encoder writes in chunks the decoder reads, trailers and all")
    func chunksRoundTrip() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let pieces = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
                (0..<Int.random(in: 1..<300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            let trailers: HTTPFields = Bool.random(using: &random) ? [:] : [HTTPField.Name("X-Sum")!: "1", .eTag: "a"]
            var buffer = Buffer(capacity: 4096)
            for piece in pieces {
                buffer.appendChunkHead(piece.count)
                buffer.append(piece.span.raw)
                buffer.append("\r\n")
            }
            buffer.appendLastChunk(trailers: HTTPFields(trailers + [HTTPField(name: .host, value: "no")!]))
            let bytes = (0..<buffer.count).map { buffer.bytes.byte($0) }
            let body = decode(bytes) { $0.beginChunked() }
            #expect(body == DecodedBody(data: pieces.flatMap(\.self), trailers: trailers, end: bytes.count))
        }
    }
}

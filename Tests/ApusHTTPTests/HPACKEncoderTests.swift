import ApusRuntime
import TestSupport
import Testing

@testable import ApusHTTP

@Suite struct HPACKEncoderTests {
    @Test("a response's head is eight bytes once its date and content type were sent")
    func responseHead() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        let date = HPACKDate(IMFDate(secondsSince1970: 784_111_777))
        let lines = [
            ":status: 200", "date: Sun, 06 Nov 1994 08:49:37 GMT", "content-type: text/plain", "content-length: 13",
        ]
        for round in 0..<3 {
            let bytes = encode(&encoder) { encoder, buffer in
                encoder.appendResponseHead(
                    .ok, date: date, contentType: "text/plain", contentLength: 13, to: &buffer)
            }
            #expect(try decoder.read(bytes, as: .response).fields == lines)
            #expect(round == 0 ? bytes.count < 50 : bytes == hex("88 bf be 0f0d 02 3133"))
        }
    }

    @Test("a new date takes the place of the old one, and what was remembered is found as long as it is there")
    func dates() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        var sizes: [Int] = []
        for second in 0..<300 {
            let date = HPACKDate(IMFDate(secondsSince1970: 784_111_777 + Int64(second)))
            for _ in 0..<2 {
                let bytes = encode(&encoder) { encoder, buffer in
                    encoder.appendResponseHead(
                        .notFound, date: date, contentType: "text/html; charset=utf-8", contentLength: second,
                        to: &buffer)
                }
                sizes.append(bytes.count)
                #expect(
                    try decoder.read(bytes, as: .response).fields == [
                        ":status: 404", "date: \(IMFDate(secondsSince1970: 784_111_777 + Int64(second)))",
                        "content-type: text/html; charset=utf-8", "content-length: \(second)",
                    ])
            }
        }
        // The second response of each second is short.
        for second in 1..<300 { #expect(sizes[2 * second + 1] <= 9) }
        // The dates push the content type out now and then; that is all they cost.
        #expect(sizes.count { $0 > 40 } < 12)
        #expect(encoder.allocatedByteCount <= 256 + 64 * 16)
    }

    @Test("content types that share a slot, or a beginning, are told apart")
    func contentTypes() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        let types: [StaticString] = [
            "text/plain", "text/html", "text/css", "image/png", "image/webp", "image/avif", "application/json",
            "text/xml",
            "application/javascript", "font/woff2",
        ]
        for round in 0..<30 {
            let type = types[round * 7 % types.count]
            let bytes = encode(&encoder) { $0.append(contentType: type, to: &$1) }
            #expect(try decoder.read(bytes, as: .response).fields == ["content-type: \(type)"])
            if round >= types.count { #expect(bytes.count == 1) }
        }
    }

    @Test("a status in the static table takes one byte, another five")
    func statuses() throws {
        var decoder = HPACKDecoder()
        for code in 100...999 where code != 101 {
            let status = try #require(Status(code))
            var encoder = HPACKEncoder()
            let bytes = encode(&encoder) { $0.append(status, to: &$1) }
            #expect(bytes.count == ([200, 204, 206, 304, 400, 404, 500].contains(code) ? 1 : 5))
            #expect(try decoder.read(bytes, as: .response).fields == [":status: \(code)"])
        }
    }

    @Test("a length is written in decimal, whatever its size")
    func lengths() throws {
        var decoder = HPACKDecoder()
        for length in [0, 1, 9, 10, 11, 99, 100, 101, 999, 1_000, 12_345, 1 << 31, 1 << 40, .max - 1, .max] {
            var encoder = HPACKEncoder()
            let bytes = encode(&encoder) { $0.append(contentLength: length, to: &$1) }
            #expect(try decoder.read(bytes, as: .response).fields == ["content-length: \(length)"])
        }
    }

    static let policies: [(field: HTTPField, first: UInt8, second: UInt8)] = [
        // Never indexed, by whatever hop.
        (HTTPField(name: .authorization, replacingInvalid: "Basic x"), 0x1F, 0x1F),
        (HTTPField(name: .setCookie, replacingInvalid: "a=1"), 0x1F, 0x1F),
        (HTTPField(name: .cookie, replacingInvalid: "a=1"), 0x1F, 0x1F),
        // Without indexing.
        (HTTPField(name: .eTag, replacingInvalid: "\"1\""), 0x0F, 0x0F),
        (HTTPField(name: .lastModified, replacingInvalid: "now"), 0x0F, 0x0F),
        // Remembered at once.
        (HTTPField(name: .cookie, replacingInvalid: "session=0123456789abcdef"), 0x60, 0xBE),
        (HTTPField(name: .cacheControl, replacingInvalid: "no-store"), 0x58, 0xBE),
        (HTTPField(name: .server, replacingInvalid: "Apus"), 0x76, 0xBE),
        (HTTPField(name: .xContentTypeOptions, replacingInvalid: "nosniff"), 0x40, 0xBE),
        // Remembered when it comes again.
        (HTTPField(name: HTTPField.Name("X-Own")!, replacingInvalid: "1"), 0x00, 0x40),
    ]

    @Test("a field is remembered by what it is", arguments: policies)
    func policy(_ example: (field: HTTPField, first: UInt8, second: UInt8)) throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        let line = "\(example.field.name.canonicalName): \(example.field.value)"
        for pattern in [example.first, example.second] {
            let bytes = encode(&encoder) { $0.append(example.field, to: &$1) }
            #expect(bytes.first == pattern)
            #expect(try decoder.read(bytes).fields == [line])
        }
    }

    @Test("fields that HTTP/2 forbids are left out")
    func forbidden() {
        var encoder = HPACKEncoder()
        for name: HTTPField.Name in [.connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade] {
            #expect(encode(&encoder) { $0.append(HTTPField(name: name, replacingInvalid: "x"), to: &$1) } == [])
        }
    }

    @Test("a request is short when it comes again, and reads as it was written")
    func requests() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        for round in 0..<3 {
            let bytes = encode(&encoder) { encoder, buffer in
                encoder.appendRequest(
                    .get, isSecure: true, authority: "a.example:8443".utf8.span.raw,
                    path: "/api/items?page=2".utf8.span.raw,
                    to: &buffer)
            }
            #expect(
                try decoder.read(bytes).fields == [
                    ":method: GET", ":scheme: https", ":path: /api/items?page=2", ":authority: a.example:8443",
                ])
            #expect(round < 2 || bytes.count == 4)
        }
        let purge = try #require(HTTPMethod(rawValue: "PURGE"))
        let bytes = encode(&encoder) { encoder, buffer in
            encoder.appendRequest(
                purge, isSecure: false, authority: "a".utf8.span.raw, path: "/".utf8.span.raw, to: &buffer)
        }
        #expect(
            try decoder.read(bytes).fields == [":method: PURGE", ":scheme: http", ":path: /", ":authority: a"])
    }

    @Test("a tunnel is asked for without scheme and path, a WebSocket with its protocol")
    func connects() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        var head = RequestHead()
        let tunnel = encode(&encoder) { encoder, buffer in
            encoder.appendRequest(.connect, isSecure: true, authority: "a:443".utf8.span.raw, path: nil, to: &buffer)
        }
        #expect(try decoder.read(tunnel, into: &block).fields == [":method: CONNECT", ":authority: a:443"])
        try block.fill(&head)
        let socket = encode(&encoder) { encoder, buffer in
            encoder.appendRequest(
                .connect, isSecure: true, authority: "a".utf8.span.raw, path: "/chat".utf8.span.raw,
                connectProtocol: "websocket", to: &buffer)
        }
        _ = try decoder.read(socket, into: &block)
        try block.fill(&head, allowsExtendedConnect: true)
        #expect(block.text(head.connectProtocol) == "websocket")
    }

    @Test("the peer's limit is told it in the next block, the lowest first when it was raised again")
    func sizeUpdates() throws {
        let server: StaticString = "text/plain"
        var encoder = HPACKEncoder()
        func block() -> [UInt8] { encode(&encoder) { $0.append(contentType: server, to: &$1) } }
        _ = block()
        encoder.setTableSizeLimit(0)
        #expect(block().first == 0x20)
        #expect(block().first == 0x0F)
        encoder.setTableSizeLimit(100)
        #expect(block().prefix(3) == [0x3F, 0x45, 0x5F])
        #expect(block() == [0xBE])
        encoder.setTableSizeLimit(40)
        encoder.setTableSizeLimit(70)
        encoder.setTableSizeLimit(90)
        // Which empties the table, for the field takes 54.
        #expect(block().prefix(4) == [0x3F, 0x09, 0x3F, 0x3B])
        #expect(block() == [0xBE])
        encoder.setTableSizeLimit(90)
        #expect(block() == [0xBE])
    }

    @Test("a field is not taken for another whose octets are the same, cut elsewhere")
    func boundaries() throws {
        let (ab, a) = (try #require(HTTPField.Name("ab")), try #require(HTTPField.Name("a")))
        let first = HPACKEncoderField(0, name: "ab".utf8.span.raw, value: "c".utf8.span.raw)
        var table = HPACKEncoderTable()
        _ = table.add(first)
        let found = table.find(HPACKEncoderField(0, name: "AB".utf8.span.raw, value: "c".utf8.span.raw))
        let other = table.find(HPACKEncoderField(0, name: "a".utf8.span.raw, value: "bc".utf8.span.raw))
        #expect(found == 0)
        #expect(other == nil)
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        for _ in 0..<3 {
            let bytes = encode(&encoder) { encoder, buffer in
                encoder.append(HTTPField(name: ab, replacingInvalid: "c"), to: &buffer)
                encoder.append(HTTPField(name: a, replacingInvalid: "bc"), to: &buffer)
            }
            #expect(try decoder.read(bytes).fields == ["ab: c", "a: bc"])
        }
    }

    @Test("a larger table than 4,096 is not made use of, and nothing is said of it")
    func largeTable() {
        var encoder = HPACKEncoder()
        encoder.setTableSizeLimit(1 << 20)
        #expect(encode(&encoder) { $0.append(.ok, to: &$1) } == [0x88])
    }

    @Test("an idle encoder takes no memory, and each field no more room than was said")
    func memory() throws {
        var encoder = HPACKEncoder()
        #expect(encoder.allocatedByteCount == 0)
        var random = SeededRandom(seed: 4)
        for _ in 0..<2_000 {
            let name = try #require(HTTPField.Name(RandomFields.name(&random)))
            let field = HTTPField(name: name, replacingInvalid: RandomFields.value(&random))
            let bytes = encode(&encoder) { $0.append(field, to: &$1) }
            #expect(bytes.count <= HPACKEncoder.byteCount(of: field))
        }
        #expect(encoder.allocatedByteCount <= 8192 + 64 * 16)
    }
}

import ApusHTTP
import ApusRuntime

/// What a browser sends over one connection of HTTP/2, and what is answered.
struct HeaderBlocks {
    /// The connection's first request: every field a literal.
    let first: [UInt8]
    /// A later request: a new path, all else by index.
    let later: [UInt8]
    /// The names of ``later`` and its fields in all, as HTTP/1.1 would send them.
    let byteCount: Int

    static let fields: HTTPFields = [
        .secCHUA: #""Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128""#,
        .secCHUAMobile: "?0",
        .secCHUAPlatform: #""Linux""#,
        .upgradeInsecureRequests: "1",
        .userAgent:
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
        .accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
        .secFetchSite: "same-origin",
        .secFetchMode: "navigate",
        .secFetchUser: "?1",
        .secFetchDest: "document",
        .acceptEncoding: "gzip, deflate, br, zstd",
        .acceptLanguage: "en-GB,en;q=0.9,de;q=0.8",
        .cookie: "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=necessary",
        .priority: "u=0, i",
    ]

    init() {
        var encoder = HPACKEncoder()
        first = Self.encode(&encoder, path: "/library/articles/2026/11/21/the-loop-is-the-executor")
        later = Self.encode(&encoder, path: "/library/articles/2026/11/22/one-write-for-each-turn")
        byteCount = Self.fields.reduce(0) { $0 + Buffer.count(of: $1) } + 120
    }

    private static func encode(_ encoder: inout HPACKEncoder, path: String) -> [UInt8] {
        var buffer = Buffer(capacity: 4096)
        encoder.begin(&buffer)
        let authority = "www.example.com"
        unsafe encoder.appendRequest(
            .get, isSecure: true, authority: authority.utf8.span.bytes, path: path.utf8.span.bytes, to: &buffer)
        for field in fields { encoder.append(field, to: &buffer) }
        return (0..<buffer.count).map { unsafe buffer.bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
}

/// A connection's decoder and its loop's block, as a server has them.
private struct Reader: ~Copyable {
    var decoder = HPACKDecoder()
    var block = HeaderBlock()
    var head = RequestHead()

    @inline(__always)
    mutating func read(_ bytes: [UInt8], fillsHead: Bool = false) -> Int {
        do {
            unsafe try decoder.decode(bytes.span.bytes, as: .request, into: &block)
            if fillsHead { try block.fill(&head) }
            return block.bytes.byteCount
        } catch {
            // Our encoder made it: a figure of what is refused would be of nothing.
            fatalError("not decoded: \(error)")
        }
    }
}

func measureHPACKDecoder() {
    let blocks = HeaderBlocks()
    var reader = Reader()
    _ = reader.read(blocks.first)
    let later = blocks.later
    let name = "decode a browser's block of 18 fields"
    measure("\(name), all but the path indexed, \(later.count) bytes", iterations: 2_000) { _ in
        reader.read(later)
    }
    measure("the same, and fill its head", iterations: 2_000) { _ in reader.read(later, fillsHead: true) }
    let first = blocks.first
    measure("\(name), all literals in Huffman code, \(first.count) bytes", iterations: 2_000) { _ in
        reader.read(first)
    }
    let load: [UInt8] = [0x82, 0x87, 0x84, 0xC0, 0xBE]
    measure("decode a load generator's block of 5 fields", iterations: 10_000) { _ in reader.read(load) }
}

func measureHPACKEncoder() {
    let date = HPACKDate(IMFDate(secondsSince1970: 1_795_000_000))
    var encoder = HPACKEncoder()
    var output = Buffer(capacity: 4096)
    measure("encode a response's head") { index in
        output.removeAll()
        encoder.appendResponseHead(
            .ok, date: date, contentType: "text/plain", contentLength: 13 + index & 1, to: &output)
        return output.count
    }
    let fields: HTTPFields = [
        .contentType: "text/html; charset=utf-8", .cacheControl: "public, max-age=3600", .vary: "Accept-Encoding",
        .eTag: #""33a64df551425fcc55e4d42a148795d9f25f89d4""#, .server: "Apus",
    ]
    measure("encode a response's head of eight fields", iterations: 5_000) { index in
        output.removeAll()
        encoder.begin(&output)
        encoder.append(.ok, to: &output)
        encoder.append(date, to: &output)
        for field in fields { encoder.append(field, to: &output) }
        encoder.append(contentLength: 13_000 + index, to: &output)
        return output.count
    }
}

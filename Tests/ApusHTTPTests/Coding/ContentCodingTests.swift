import Testing

@testable import ApusHTTP

@Suite("Content codings by name and by weight (RFC 9110, 8.4.1 and 12.5.3)")
struct ContentCodingTests {
    @Test(
        "the coding of the highest weight wins, and among equals the server's favourite",
        arguments: [
            (nil, .identity), ("", .identity), ("gzip", .gzip), ("GZIP", .gzip), ("x-gzip", .gzip), ("br, gzip", .br),
            ("gzip, deflate, br, zstd", .zstd), ("gzip, deflate", .gzip), ("deflate", .deflate),
            ("compress", .identity),
            ("gzip;q=0.8, br;q=0.2", .gzip), ("gzip;q=0.5, br;q=0.5", .br), ("zstd;q=0, *", .br), ("*", .zstd),
            ("*;q=0.1", .zstd), ("gzip;q=0", .identity), ("gzip;q=0, *;q=0, identity", .identity),
            ("identity", .identity), ("identity;q=0.5, gzip;q=0.4", .identity), ("identity;q=0.5, gzip;q=0.5", .gzip),
            ("identity;q=0, gzip", .gzip), ("identity;q=0", nil), ("*;q=0", nil), ("*;q=0, br", .br),
            ("identity;q=0, compress", nil), ("gzip;q=0.001", .gzip), ("gzip;q=2, br;q=0.1", .br),
            ("gzip;q=0.0001", .identity), (",, gzip ,,", .gzip), ("gzip ; q=1.000", .gzip), ("garbage/1, gzip", .gzip),
        ] as [(String?, ContentCoding?)])
    func negotiated(field: String?, expected: ContentCoding?) {
        #expect(AcceptEncoding(field).best(among: ContentCoding.preferred) == expected)
    }

    @Test("the server's order decides among what the client likes equally")
    func order() {
        let accepted = AcceptEncoding("gzip, br, zstd")
        #expect(accepted.best(among: [.gzip, .br, .zstd]) == .gzip)
        #expect(accepted.best(among: [.deflate]) == .identity)
        #expect(accepted.best(among: []) == .identity)
    }

    @Test("the list of a Content-Encoding field is in the order of application")
    func lists() throws {
        #expect(try ContentCoding.list(of: "gzip") == [.gzip])
        #expect(try ContentCoding.list(of: " X-GZip , ,\tbr ") == [.gzip, .br])
        #expect(try ContentCoding.list(of: "identity, zstd, identity") == [.zstd])
        #expect(try ContentCoding.list(of: "") == [])
        #expect(try ContentCoding.list(of: "br, br, br", most: 3) == [.br, .br, .br])
    }

    @Test(
        "a coding that nobody knows, or one too many, is refused with 415",
        arguments: ["compress", "gzip, exi", "gzip;q=1", "gzip br", "gzip\u{0}", "gzip, br, gzip", "*"])
    func refused(field: String) {
        let error = #expect(throws: CodingError.self) { try ContentCoding.list(of: field) }
        #expect(error?.status == .unsupportedMediaType)
    }

    @Test("names are those of the registry, and every one is read back", arguments: ContentCoding.allCases)
    func names(coding: ContentCoding) {
        #expect(ContentCoding(coding.name) == coding)
        #expect(ContentCoding(coding.name.uppercased()) == coding)
        #expect(coding.levels.contains(coding.usualLevel))
    }
}

import TestSupport
import Testing

@testable import ApusHTTP

@Suite("Content of several parts")
struct MultipartParserTests {
    static let valid: [(content: String, parts: [String])] = [
        (
            "--x\nContent-Disposition: form-data; name=\"a\"\n\none\n--x\nContent-Disposition: form-data; name=b\n\n\n--x--\n",
            ["a=one", "b="]
        ),
        ("--x--\n", []),
        ("--x--", []),
        ("--x \t\ncontent-disposition:form-data;name=a\n\n1\n--x--  \n", ["a=1"]),
        ("a preamble\n-- x\n--\n--x\n\nno name\n--x--\nan epilogue\n--x\n", ["-=no name"]),
        ("\n--x\n\n\n--\n--y\n\r\n-\n--x--", ["-=\r\n--\r\n--y\r\n\r\n-"]),
        ("--x\nA: b\n\n--x\n\n--x--\n", ["-=", "-="]),
        ("--x\nContent-Disposition: form-data; name=\"é €\"\n\nö\n--x--\n", ["é €=ö"]),
        ("--x\n\n-\n--x--", ["-=-"]),
    ]

    @Test("parts are the same however the content is cut", arguments: valid.indices)
    func cuts(_ index: Int) {
        let content = formContent(Self.valid[index].content)
        let whole = readParts(content)
        #expect(whole.error == nil)
        #expect(whole.texts == Self.valid[index].parts)
        let areWhole = whole.parts.allSatisfy(\.isWhole)
        #expect(areWhole)
        for first in 0...content.count {
            for second in first...content.count {
                #expect(readParts(content, cuts: [first, second]) == whole, "cut at \(first) and \(second)")
            }
        }
        #expect(readParts(content, cuts: Array(0...content.count)) == whole)
    }

    @Test("content that looks like a boundary is content", arguments: [1, 2, 16, 17, 31, 70])
    func nearBoundaries(length: Int) {
        let boundary = String(repeating: "b", count: length)
        for near in [
            "\r\n--", "\r\n-", "\r", "\n--\(boundary)", "\r\n--\(boundary.dropLast())", "\r--\(boundary)\r\n",
            "\r\n\r\n--\(boundary.dropLast())c", "\r\n\(boundary)--", String(repeating: "\r", count: 99),
            String(repeating: "\r\n--\(boundary.dropLast())\r", count: 9),
        ] {
            for padding in 0..<40 {
                let text = String(repeating: ".", count: padding) + near + "."
                let content = Array("--\(boundary)\r\n\r\n\(text)\r\n--\(boundary)--".utf8)
                let read = readParts(content, boundary: boundary)
                #expect(read.texts == ["-=\(text)"] && read.error == nil, "\(near.debugDescription) at \(padding)")
            }
        }
    }

    @Test("malformed content is refused, however it is cut")
    func malformed() {
        let table: [(String, MultipartError)] = [
            ("", .truncated), ("x", .truncated), ("--x", .truncated), ("--x\n", .truncated), ("--x\n\n", .truncated),
            ("--x\n\nabc", .truncated), ("--x\n\nabc\n--x", .truncated), ("--x\n\nabc\n--x-", .truncated),
            ("--x\n\nabc\n--y--", .truncated), ("--xy\n\nabc\n--x--", .malformedDelimiter),
            ("--x-\n\n", .malformedDelimiter), ("--x--y", .malformedDelimiter), ("--x \r-", .malformedDelimiter),
            ("--x" + String(repeating: " ", count: 200), .malformedDelimiter),
            ("--x\n a: b\n\n", .malformedHead(part: 1)), ("--x\na: b\n c\n\n", .malformedHead(part: 1)),
            ("--x\na : b\n\n", .malformedHead(part: 1)), ("--x\nab\n\n", .malformedHead(part: 1)),
            ("--x\n: b\n\n", .malformedHead(part: 1)), ("--x\na: \u{0}\n\n", .malformedHead(part: 1)),
            ("--x\na: b\rc\n\n", .malformedHead(part: 1)), ("--x\na: 1\nA: 2\n\n", .malformedHead(part: 1)),
            ("--x\n\n\n--x\nContent-Disposition: ;\n\n", .malformedHead(part: 2)),
            ("--x\nContent-Disposition: form-data; name=a; name=b\n\n", .malformedHead(part: 1)),
            ("--x\nContent-Disposition: form-data; name=\"a\n\n", .malformedHead(part: 1)),
            ("--x\nContent-Transfer-Encoding: base64\n\n", .malformedHead(part: 1)),
        ]
        for (text, error) in table {
            let content = formContent(text)
            #expect(readParts(content).error == error, "\(text.debugDescription)")
            #expect(readParts(content, cuts: Array(0...content.count)).error == error, "\(text.debugDescription)")
        }
    }

    @Test("a bare line feed ends no line, and invalid UTF-8 is no name")
    func bytes() {
        #expect(readParts(Array("--x\n\na\n--x--".utf8)).error == .malformedDelimiter)
        #expect(readParts(Array("--x\r\na: b\n\r\n\r\n".utf8)).error == .malformedHead(part: 1))
        let invalid = Array("--x\r\nContent-Disposition: form-data; name=\"".utf8) + [0xFF] + Array("\"\r\n\r\n".utf8)
        #expect(readParts(invalid).error == .malformedHead(part: 1))
    }

    @Test("each limit is heeded to the byte")
    func limits() {
        let three = formContent("--x\n\n1\n--x\n\n2\n--x\n\n3\n--x--")
        #expect(readParts(three, limits: MultipartLimits(parts: 3)).error == nil)
        #expect(readParts(three, limits: MultipartLimits(parts: 2)).error == .tooManyParts(most: 2))
        let many = Array(String(repeating: "--x\r\n\r\n\r\n", count: 10_000).utf8)
        #expect(readParts(many).error == .tooManyParts(most: 1000))

        let head = formContent("--x\nName: value\n\n1\n--x--")
        #expect(readParts(head, limits: MultipartLimits(headBytes: 15)).error == nil)
        for cuts in [[], Array(0...head.count)] {
            #expect(
                readParts(head, cuts: cuts, limits: MultipartLimits(headBytes: 14)).error == .headTooLarge(most: 14))
        }
        var fields = MultipartLimits()
        fields.fieldsPerPart = 1
        #expect(readParts(head, limits: fields).error == nil)
        #expect(readParts(formContent("--x\nA: b\nC: d\n\n"), limits: fields).error == .headTooLarge(most: 1))

        var around = MultipartLimits()
        around.surroundingBytes = 8
        #expect(readParts(formContent("12345678\n--x--"), limits: around).error == nil)
        #expect(readParts(formContent("123456789\n--x--"), limits: around).error == .surroundingsTooLong(most: 8))
        #expect(readParts(formContent("1234\n--x--\n1234"), limits: around).error == nil)
        #expect(readParts(formContent("1234\n--x--\n12345"), limits: around).error == .surroundingsTooLong(most: 8))
    }

    @Test("a head without end is refused before it fills memory, a content without end is never kept")
    func endless() {
        let head = Array("--x\r\nA: ".utf8) + [UInt8](repeating: 0x61, count: 100_000)
        let read = readParts(head, cuts: Array(stride(from: 0, to: head.count, by: 100)))
        #expect(read.error == .headTooLarge(most: 8 << 10))
        #expect(read.mostKept <= 8 << 10)
        let line = Array("\r\n--\r\n-- y \r".utf8)
        let content = Array("--x\r\n\r\n".utf8) + (0..<10_000).flatMap { _ in line }
        let endless = readParts(content, cuts: Array(stride(from: 0, to: content.count, by: 77)))
        #expect(endless.error == .truncated)
        #expect(endless.mostKept < 8)
    }

    @Test("a boundary of other characters, or of none, is refused")
    func boundaries() throws {
        for boundary in ["", " ", "a ", "a\"", "a\n", "é", "a;b", String(repeating: "a", count: 71)] {
            #expect(throws: MultipartError.invalidBoundary, "\(boundary)") { try MultipartParser(boundary: boundary) }
        }
        for boundary in ["a", "a b", "'()+_,-./:=?", String(repeating: "a", count: 70)] {
            #expect(throws: Never.self) { try MultipartParser(boundary: boundary) }
        }
        for type in [
            "multipart/form-data", "multipart/form-data; boundary=\"\"", "text/plain; boundary=x", "boundary=x", "",
            "multipart/form-data; boundary=x; boundary=y", "multipart/form-data; boundary=a, b",
        ] {
            #expect(throws: MultipartError.invalidBoundary, "\(type)") { try MultipartParser(contentType: type) }
        }
        for type in ["multipart/form-data; boundary=x", "Multipart/Mixed; a=b; BOUNDARY=\"a b\""] {
            #expect(throws: Never.self) { try MultipartParser(contentType: type) }
        }
    }

    @Test("mutated content is read the same at every split, and nothing is kept beyond the limits")
    func mutated() {
        var random = SeededRandom(seed: 0x2046)
        var accepted = 0
        for round in 0..<20_000 {
            let original = formContent(Self.valid[round % Self.valid.count].content)
            let bytes = Mutation.of(original, &random)
            let whole = readParts(bytes)
            if whole.error == nil { accepted += 1 }
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            #expect(readParts(bytes, cuts: cuts) == whole, "\(bytes) cut at \(cuts)")
            for part in whole.parts {
                let isPlain = (part.head.name ?? "").utf8.allSatisfy { $0 == 9 || $0 >= 0x20 && $0 != 0x7F }
                #expect(isPlain)
                #expect(!part.content.contains(subsequence: Array("\r\n--x".utf8)))
            }
        }
        #expect(accepted > 1000 && accepted < 15_000)
    }
}

extension [UInt8] {
    fileprivate func contains(subsequence: [UInt8]) -> Bool {
        guard count >= subsequence.count else { return false }
        return (0...(count - subsequence.count)).contains { self[$0...].starts(with: subsequence) }
    }
}

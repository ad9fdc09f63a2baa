import TestSupport
import Testing

@testable import ApusHTTP

/// Random changes to valid messages. What is asserted is what must hold of any bytes at all: no crash, the same answer
/// for every split, and nothing in an accepted head that the rules forbid.
@Suite struct MutationTests {
    @Test("a mutated request is read the same at every split, and what is accepted is sound")
    func requests() {
        var random = SeededRandom(seed: 0xA905)
        var accepted = 0
        for round in 0..<20_000 {
            let original = HTTP1RequestParserTests.valid[round % HTTP1RequestParserTests.valid.count]
            let bytes = Mutation.of(Array(original.utf8), &random)
            let whole = parse(bytes)
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let part = parse(Array(bytes[..<cut]))
            #expect(part == .incomplete || part == whole, "\(bytes) cut at \(cut)")
            guard let request = whole.request else { continue }
            accepted += 1
            let head = bytes[..<request.length]
            #expect(!head.contains(0))
            #expect(head.count { $0 == .carriageReturn } == head.count { $0 == .lineFeed })
            #expect(request.fields[values: .host].count == 1 || request.minorVersion == 0)
            #expect(request.fields[values: .contentLength].count <= 1)
            #expect(!(request.flags[0] && request.contentLength != nil))
            #expect(!request.fields.contains(.transferEncoding) || request.flags[0])
        }
        // The rounds are worth their time only while both answers occur.
        #expect(accepted > 1000 && accepted < 15_000)
    }

    @Test("a mutated chunked body is decoded the same at every split")
    func chunks() {
        var random = SeededRandom(seed: 0xC4)
        for round in 0..<10_000 {
            let originals = HTTP1BodyDecoderTests.chunked
            // A line in the trailers is judged when it has ended, so the last one ends.
            let bytes = Mutation.of(Array(originals[round % originals.count].text.utf8), &random) + [.lineFeed]
            let whole = decode(bytes) { $0.beginChunked() }
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            #expect(decode(bytes, cuts: cuts) { $0.beginChunked() } == whole, "\(bytes) cut at \(cuts)")
        }
    }
}

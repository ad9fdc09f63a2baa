import TestSupport
import Testing

@testable import ApusHTTP

@Suite("Byte ranges (RFC 9110, 14)")
struct ByteRangeTests {
    @Test(
        "ranges are resolved against the length",
        arguments: [
            ("bytes=0-99", 1000, [0..<100]), ("bytes=0-0", 1000, [0..<1]), ("bytes=999-", 1000, [999..<1000]),
            ("bytes=-5", 1000, [995..<1000]), ("bytes=-5000", 1000, [0..<1000]), ("bytes=500-5000", 1000, [500..<1000]),
            ("bytes=0-", 1000, [0..<1000]), ("bytes=0-99,200-,-5", 1000, [0..<100, 200..<1000]),
            ("Bytes=0-1", 10, [0..<2]), ("bytes= 0-1 , 4-5 ", 10, [0..<2, 4..<6]), ("bytes=,0-1,,", 10, [0..<2]),
            ("bytes=4-5,0-1", 10, [4..<6, 0..<2]), ("bytes=0-1,2-3", 10, [0..<4]), ("bytes=5-6,0-4", 10, [0..<7]),
            ("bytes=0-1,6-7,2-5", 10, [0..<8]), ("bytes=20-,0-1", 10, [0..<2]), ("bytes=-0,0-1", 10, [0..<2]),
            ("bytes=0-99999999999999999999999", 10, [0..<10]), ("bytes=-99999999999999999999999", 10, [0..<10]),
            ("bytes=0-9223372036854775807", 10, [0..<10]), ("bytes=00000000000000000000000-1", 10, [0..<2]),
        ] as [(String, Int64, [Range<Int64>])])
    func resolves(text: String, length: Int64, ranges: [Range<Int64>]) {
        #expect(ByteRanges(text)?.resolve(length: length) == .parts(ranges))
    }

    @Test(
        "a field that is malformed, or of another unit, is ignored",
        arguments: [
            "", "bytes", "bytes=", "bytes=,", "bytes 0-1", "bytes=5-2", "bytes=-", "bytes=a-b", "bytes=0-1;",
            "bytes=0-1 2-3",
            "bytes=0-1,x", "bytes=1", "bytes=--1", "bytes=0--1", "bytes=+0-1", "bytes=0x0-1", "lines=0-1", "bytes =0-1",
            "bytes=0-1,5-2", "bytes=0 -1", "bytes=0- 1", "bytes:0-1", "=0-1", "bytes=0-1\0",
        ])
    func ignores(text: String) { #expect(ByteRanges(text) == nil) }

    @Test(
        "a range beyond the end is unsatisfiable",
        arguments: [
            ("bytes=1000-", 1000), ("bytes=1000-2000", 1000), ("bytes=0-", 0), ("bytes=-5", 0), ("bytes=-0", 10),
            ("bytes=9223372036854775807-", 10), ("bytes=99999999999999999999-", 10),
        ] as [(String, Int64)])
    func unsatisfiable(text: String, length: Int64) {
        #expect(ByteRanges(text)?.resolve(length: length) == .unsatisfiable)
    }

    @Test("too many ranges, or ranges that overlap again and again, get the whole content once")
    func abuse() throws {
        func resolve(_ parts: [String]) throws -> ByteRanges.Resolution {
            try #require(ByteRanges("bytes=" + parts.joined(separator: ","))).resolve(length: 1_000_000)
        }
        let apart = (0..<17).map { "\($0 * 100)-\($0 * 100 + 9)" }
        #expect(try resolve(apart) == .whole)
        guard case .parts(let ranges) = try resolve(Array(apart.dropLast())) else {
            Issue.record("sixteen ranges were refused")
            return
        }
        #expect(ranges.count == 16)
        #expect(try resolve(["0-", "0-", "0-"]) == .whole)
        #expect(try resolve(["0-9", "5-14", "10-19"]) == .parts([0..<20]))
    }

    @Test("resolved ranges lie within the content, apart from each other, and hold the bytes asked for and no other")
    func properties() {
        var random = SeededRandom(seed: 206)
        for _ in 0..<5_000 {
            let length = Int64.random(in: 0...40, using: &random)
            var wanted: Set<Int64> = []
            let parts = (0..<Int.random(in: 1...5, using: &random)).map { _ -> String in
                let first = Int64.random(in: 0...45, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0:
                    wanted.formUnion(first < length ? Array(first..<length) : [])
                    return "\(first)-"
                case 1:
                    wanted.formUnion(max(0, length - first)..<length)
                    return "-\(first)"
                default:
                    let last = first + Int64.random(in: 0...20, using: &random)
                    wanted.formUnion(first < length ? Array(first...min(last, length - 1)) : [])
                    return "\(first)-\(last)"
                }
            }
            let text = "bytes=" + parts.joined(separator: ", ")
            switch ByteRanges(text)?.resolve(length: length) {
            case .parts(let ranges):
                #expect(Set(ranges.flatMap { Array($0) }) == wanted, "\(text) of \(length)")
                let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
                #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
                #expect(ranges.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= length })
            case .unsatisfiable:
                #expect(wanted.isEmpty, "\(text) of \(length)")
            case .whole:
                #expect(parts.count > 2, "\(text) of \(length)")
            case nil: Issue.record("\(text) was ignored")
            }
        }
    }
}

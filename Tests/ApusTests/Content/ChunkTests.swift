import Testing

@testable import Apus

@Suite("Gathering chunks")
struct ChunkTests {
    @Test("short chunks share memory, long ones stay as they are, and none is lost")
    func gather() {
        var chunks: [[UInt8]] = []
        for byte in 0..<100_000 { chunks.gather([UInt8(truncatingIfNeeded: byte)]) }
        #expect(chunks.count < 10)
        let long = [UInt8](repeating: 1, count: 5000)
        for _ in 0..<3 { chunks.gather(long) }
        #expect(chunks.suffix(3).map(\.count) == [5000, 5000, 5000])
        #expect(Array(chunks.joined()) == (0..<100_000).map { UInt8(truncatingIfNeeded: $0) } + long + long + long)
    }

    @Test("content that comes byte by byte is kept whole, in few pieces")
    func body() throws {
        let body = RequestBody()
        let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
        for byte in bytes { _ = unsafe body.append([byte].span.bytes) }
        #expect(body.waitingCount == bytes.count)
        #expect(try body.collect() == bytes)
        #expect(body.waitingCount == 0)
    }
}

import ApusRuntime
import TestSupport
import Testing

@Suite struct RingBufferTests {
    @Test("a ring behaves as a bounded queue of bytes", arguments: [1, 2, 3, 7, 64, 100, 512])
    func model(minimum: Int) {
        var random = SeededRandom(seed: UInt64(minimum))
        var ring = RingBuffer(capacity: minimum)
        let capacity = ring.capacity
        #expect(capacity >= minimum && capacity < 2 * minimum + 1 && capacity.nonzeroBitCount == 1)
        var model: [UInt8] = []
        var wrapped = 0
        for _ in 0..<2_000 {
            if Bool.random(using: &random) {
                let bytes = (0..<Int.random(in: 0...capacity + 3, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                let written = ring.write(bytes.span)
                #expect(written == min(bytes.count, capacity - model.count))
                model += bytes.prefix(written)
            } else {
                let n = Int.random(in: 0...model.count, using: &random)
                ring.discard(n)
                model.removeFirst(n)
            }
            let parts = ring.peek()
            let (first, second) = (array(parts.first), array(parts.second))
            let (count, available, isEmpty) = (ring.count, ring.available, ring.isEmpty)
            #expect(first + second == model)
            #expect(second.isEmpty || !first.isEmpty)
            #expect(count == model.count && available == capacity - count && isEmpty == (count == 0))
            if !second.isEmpty { wrapped += 1 }
        }
        #expect(capacity < 4 || wrapped > 0)
    }

    @Test("bytes stay where they are until they are discarded")
    func noMoves() {
        var ring = RingBuffer(capacity: 8)
        ring.write([1, 2, 3, 4, 5, 6].span)
        ring.discard(4)
        let before = unsafe ring.peek().first.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        ring.write([7, 8, 9, 10].span)
        let after = unsafe ring.peek().first.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(before == after)
    }

    @Test("discarding more than there is stops the program")
    func bounds() async {
        await #expect(processExitsWith: .failure) {
            var ring = RingBuffer(capacity: 8)
            ring.discard(1)
        }
    }
}

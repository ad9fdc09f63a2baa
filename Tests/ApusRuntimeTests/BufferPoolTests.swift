import TestSupport
import Testing

@testable import ApusRuntime

/// Owns a buffer where a copyable owner is needed.
private final class Held: Sendable {
    let buffer: Buffer

    init(_ buffer: consuming Buffer) { self.buffer = buffer }

    var address: UInt { unsafe UInt(bitPattern: buffer.baseAddress) }
}

/// Owns a buffer until it is asked for.
private final class Slot {
    var buffer: Buffer?
    let tag: UInt8

    init(_ buffer: consuming Buffer, tag: UInt8) {
        self.buffer = consume buffer
        self.tag = tag
    }
}

private func fill(_ buffer: inout Buffer, with tag: UInt8) {
    unsafe buffer.withUnsafeAvailable { room in
        unsafe room.initializeMemory(as: UInt8.self, repeating: tag)
        return room.count
    }
}

private func isFilled(_ buffer: borrowing Buffer, with tag: UInt8) -> Bool {
    unsafe buffer.bytes.withUnsafeBytes { bytes in
        guard bytes.count > 0, unsafe bytes[bytes.count - 1] == tag else { return false }
        return stride(from: 0, to: bytes.count, by: 256).allSatisfy { unsafe bytes[$0] == tag }
    }
}

@Suite struct BufferPoolTests {
    @Test(
        "a buffer has the smallest class that fits",
        arguments: [
            (0, 512), (1, 512), (512, 512), (513, 1024), (16_384, 16_384), (16_385, 32_768), (65_536, 65_536),
            (1 << 20, 1 << 20), ((1 << 20) + 1, (1 << 20) + 1),
        ])
    func classes(asked: Int, got: Int) {
        let buffer = BufferPool().take(atLeast: asked)
        let (capacity, count) = (buffer.capacity, buffer.count)
        #expect(capacity == got)
        #expect(count == 0)
    }

    @Test("every buffer of every class starts on a cache line and is writable to its end")
    func alignment() {
        let pool = BufferPool()
        var held: [Held] = []
        for shift in 9...20 {
            for _ in 0..<5 {
                var buffer = pool.take(atLeast: 1 << shift)
                fill(&buffer, with: 1)
                held.append(Held(buffer))
            }
        }
        #expect(held.allSatisfy { $0.address % 64 == 0 })
    }

    @Test(
        "memory that is out is never handed out again, whatever is taken, given and dropped",
        arguments: 0..<6 as Range<UInt64>)
    func noMemoryTwice(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let shared = SharedBufferPool(limit: 1 << 20)
        let pools = [
            BufferPool(shared: shared, highWater: 100_000, lowWater: 10_000),
            BufferPool(shared: shared, highWater: 0, lowWater: 0),
        ]
        var slots: [Slot] = []
        var inUse = [0, 0]
        var owners: [Int] = []
        for step in 0..<20_000 {
            // Waves: now mostly taking, now mostly giving, so that slabs fill and become free.
            let taking = Int.random(in: 0..<10, using: &random) < (step / 1_000 % 2 == 0 ? 7 : 3)
            if taking || slots.isEmpty {
                let which = Int.random(in: 0...1, using: &random)
                let size = 1 << Int.random(in: 4...(step % 50 == 0 ? 21 : 15), using: &random)
                var buffer = pools[which].take(atLeast: size)
                let tag = UInt8(truncatingIfNeeded: step)
                fill(&buffer, with: tag)
                if size <= 1 << 20 { inUse[which] += 1 }
                owners.append(size <= 1 << 20 ? which : -1)
                slots.append(Slot(buffer, tag: tag))
            } else {
                let index = Int.random(in: 0..<slots.count, using: &random)
                let slot = slots.remove(at: index)
                let owner = owners.remove(at: index)
                if owner >= 0 { inUse[owner] -= 1 }
                guard let buffer = slot.buffer.take() else { continue }
                let intact = isFilled(buffer, with: slot.tag)
                #expect(intact)
                // One in eight is dropped, and one in two goes to the wrong pool, which must be no harm.
                if Int.random(in: 0..<8, using: &random) > 0 {
                    pools[Int.random(in: 0...1, using: &random)].give(buffer)
                }
            }
            if step % 500 == 0 {
                #expect(pools.map(\.statistics.inUse.count) == inUse)
            }
        }
        slots = []
        #expect(pools.allSatisfy { $0.statistics.inUse == .init() })
    }

    @Test("statistics count what is in use and cached, the peak, hits and misses")
    func statistics() {
        let pool = BufferPool()
        #expect(pool.statistics == PoolStatistics())
        let a = pool.take(atLeast: 600)
        let b = pool.take(atLeast: 1024)
        let c = pool.take(atLeast: 512)
        #expect(
            pool.statistics
                == PoolStatistics(
                    inUse: .init(count: 3, bytes: 2560), peak: .init(count: 3, bytes: 2560), hits: 1, misses: 2))
        pool.give(a)
        pool.give(c)
        #expect(
            pool.statistics
                == PoolStatistics(
                    inUse: .init(count: 1, bytes: 1024), cached: .init(count: 2, bytes: 1536),
                    peak: .init(count: 3, bytes: 2560), hits: 1, misses: 2))
        let d = pool.take(atLeast: 1000)
        pool.give(d)
        pool.give(b)
        let huge = pool.take(atLeast: 2 << 20)
        pool.give(huge)
        #expect(
            pool.statistics
                == PoolStatistics(
                    cached: .init(count: 3, bytes: 2560), peak: .init(count: 3, bytes: 2560), hits: 2, misses: 3))
    }

    @Test("a buffer that was given is the next one taken")
    func lastInFirstOut() {
        let pool = BufferPool()
        let first = pool.take(atLeast: 4096)
        let address = unsafe UInt(bitPattern: first.baseAddress)
        pool.give(first)
        let second = pool.take(atLeast: 4096)
        let again = unsafe UInt(bitPattern: second.baseAddress)
        #expect(address == again)
    }

    @Test("above the high-water mark the pool gives memory back down to the low one")
    func waterMarks() {
        let pool = BufferPool(highWater: 512 << 10, lowWater: 128 << 10)
        var slots: [Slot] = (0..<8_000).map { _ in Slot(pool.take(atLeast: 512), tag: 0) }
        #expect(pool.statistics.inUse.bytes == 8_000 * 512)
        var most = 0
        var least = Int.max
        while let slot = slots.popLast() {
            if let buffer = slot.buffer.take() { pool.give(buffer) }
            most = max(most, pool.statistics.cached.bytes)
            if most > 500 << 10 { least = min(least, pool.statistics.cached.bytes) }
        }
        // A slab of 64 KiB is what the pool can give back at once.
        #expect(most <= (512 + 64) << 10)
        #expect(least <= 128 << 10)
        #expect(pool.statistics.cached.bytes <= 512 << 10)
    }

    @Test("trimming leaves nothing cached, and buffers that are out intact")
    func trim() {
        let pool = BufferPool()
        for shift in 9...20 {
            let buffer = pool.take(atLeast: 1 << shift)
            pool.give(buffer)
        }
        #expect(pool.statistics.cached.bytes > 0)
        pool.trim()
        #expect(pool.statistics.cached == .init())
        var kept = pool.take(atLeast: 512)
        kept.append("still here")
        pool.trim()
        let text = array(kept.bytes)
        #expect(text == Array("still here".utf8))
        pool.give(kept)
        pool.trim()
        #expect(pool.statistics.cached == .init())
        #expect(pool.statistics.inUse == .init())
    }

    @Test("buffers dropped on other threads come back to their pool")
    func droppedElsewhere() async {
        let pool = BufferPool()
        for _ in 0..<50 {
            await withTaskGroup { group in
                for _ in 0..<200 {
                    let held = Held(pool.take(atLeast: 2048))
                    group.addTask { #expect(held.buffer.capacity == 2048) }
                }
            }
        }
        #expect(pool.statistics.inUse == .init())
        // Dropped buffers count as in use until the pool runs out and collects them, at the end of its slab.
        #expect(pool.statistics.peak.count < 200 + 31)
        #expect(pool.statistics.misses <= (200 + 31) / 31 + 1)
    }

    @Test("buffers outlive their pool, also when dropped on other threads while it dies")
    func outlivesPool() async {
        for _ in 0..<200 {
            var pool: BufferPool? = BufferPool()
            let held = (0..<40).compactMap { _ in pool.map { Held($0.take(atLeast: 4096)) } }
            await withTaskGroup { group in
                for one in held { group.addTask { #expect(one.buffer.capacity == 4096) } }
                pool = nil
            }
            #expect(held.allSatisfy { $0.buffer.isEmpty })
        }
    }

    @Test("what one pool has too much of, another takes from the shared pool")
    func shared() {
        let shared = SharedBufferPool(limit: 256 << 10)
        let giver = BufferPool(shared: shared, highWater: 0, lowWater: 0)
        let taker = BufferPool(shared: shared)
        let big = giver.take(atLeast: 128 << 10)
        giver.give(big)
        #expect(giver.statistics.cached == .init())
        #expect(shared.statistics.cached == .init(count: 1, bytes: 128 << 10))
        let again = taker.take(atLeast: 128 << 10)
        #expect(taker.statistics.misses == 0)
        #expect(taker.statistics.inUse.bytes == 128 << 10)
        #expect(shared.statistics == PoolStatistics(hits: 1, misses: 1))
        taker.give(again)
    }

    @Test("the shared pool never holds more than its limit, and nothing after a trim")
    func sharedLimit() {
        let shared = SharedBufferPool(limit: 256 << 10)
        let pool = BufferPool(shared: shared, highWater: 0, lowWater: 0)
        let slots = (0..<4).map { _ in Slot(pool.take(atLeast: 128 << 10), tag: 0) }
        for slot in slots {
            if let buffer = slot.buffer.take() { pool.give(buffer) }
        }
        #expect(shared.statistics.cached == .init(count: 2, bytes: 256 << 10))
        pool.trim()
        #expect(shared.statistics.cached == .init())
    }
}

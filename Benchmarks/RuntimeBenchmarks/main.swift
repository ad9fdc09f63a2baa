// What a request pays for memory and time: nanoseconds for each operation, the best of several runs.
//
//     swift run -c release RuntimeBenchmarks

import ApusRuntime

private let runs = 7

/// Runs `body(n)` a few times and prints what one of its `n` operations took at best.
func measure(_ name: String, limit: Double?, operations n: Int = 5_000_000, _ body: (Int) -> Int) {
    var best = Duration.seconds(1_000)
    var sum = 0
    for _ in 0..<runs {
        best = min(best, ContinuousClock().measure { sum &+= body(n) })
    }
    let nanoseconds =
        Double(best.components.attoseconds) / 1e9 / Double(n) + Double(best.components.seconds) * 1e9 / Double(n)
    let figure = String(Int(nanoseconds * 100 + 0.5))
    let padded = String(repeating: "0", count: max(0, 3 - figure.count)) + figure
    let text = padded.dropLast(2) + "." + padded.suffix(2)
    let target = limit.map { "  (≤ \(Int($0)))" } ?? ""
    print(
        name + String(repeating: " ", count: max(1, 56 - name.count)) + text + " ns" + target + (sum == 42 ? " " : ""))
}

private final class Thing {
    var number = 1
}

bufferPool()
connectionTable()
timingWheel()
objectPool()
rings()
metrics()
mailbox()
workPool()

private func bufferPool() {
    let pool = BufferPool(highWater: 64 << 20)
    for size in [512, 4096, 16_384, 65_536, 1 << 20] {
        measure("BufferPool take + give, \(size) B", limit: size <= 16_384 ? 10 : nil) { n in
            var sum = 0
            for _ in 0..<n {
                let buffer = pool.take(atLeast: size)
                sum &+= buffer.capacity
                pool.give(buffer)
            }
            return sum
        }
    }
    measure("BufferPool take + drop, 4096 B", limit: nil) { n in
        var sum = 0
        for _ in 0..<n { sum &+= pool.take(atLeast: 4096).capacity }
        return sum
    }
    // A ring of buffers that are out, as connections have them: gives seldom meet the slab that serves now.
    let held = UnsafeMutablePointer<Buffer>.allocate(capacity: 4096)
    for i in 0..<4096 { unsafe (held + i).initialize(to: pool.take(atLeast: 2048)) }
    measure("BufferPool take + give, 2048 B, 4,096 out", limit: nil) { n in
        for i in 0..<n {
            let slot = unsafe held + (i &* 1_021 & 4095)
            pool.give(unsafe slot.move())
            unsafe slot.initialize(to: pool.take(atLeast: 2048))
        }
        return 0
    }
    unsafe held.deinitialize(count: 4096)
    unsafe held.deallocate()
}

private func connectionTable() {
    var table = ConnectionTable<Thing>()
    let ids = (0..<8192).map { _ in table.insert(Thing()) }
    measure("ConnectionTable find + a field, 8,192 elements", limit: 3) { n in
        var sum = 0
        let span = ids.span
        for i in 0..<n { sum &+= table.find(span[i & 8191])?.number ?? 0 }
        return sum
    }
    measure("ConnectionTable insert + remove", limit: nil) { n in
        let thing = Thing()
        for _ in 0..<n { table.remove(table.insert(thing)) }
        return table.count
    }
    measure("ConnectionTable iteration, an element", limit: nil, operations: 8192 * 100) { _ in
        var sum = 0
        for _ in 0..<100 {
            var cursor = ConnectionTable<Thing>.Cursor()
            while let id = table.next(&cursor) { sum &+= id.slot }
        }
        return sum
    }
}

private func timingWheel() {
    var wheel = TimingWheel<UInt64>(now: 0)
    measure("TimingWheel schedule + cancel, 60 s, empty", limit: 20) { n in
        for i in 0..<n { wheel.cancel(wheel.schedule(UInt64(i), at: 60_000 + UInt64(i & 1023))) }
        return wheel.count
    }
    var ids = (0..<100_000 as Range<UInt64>).map { wheel.schedule($0, at: 30_000 + $0) }
    measure("TimingWheel schedule + cancel, 60 s, 100,000 scheduled", limit: 20) { n in
        for i in 0..<n { wheel.cancel(wheel.schedule(UInt64(i), at: 60_000 + UInt64(i & 1023))) }
        return wheel.count
    }
    measure("TimingWheel reschedule, 100,000 scheduled", limit: nil) { n in
        var index = 0
        for i in 0..<n {
            index = index &+ 7_919
            if index >= 100_000 { index &-= 100_000 }
            wheel.reschedule(ids[index], at: 60_000 + UInt64(i & 65_535))
        }
        return wheel.count
    }
    for id in ids { wheel.cancel(id) }
    ids = []
    var now: UInt64 = 0
    measure("TimingWheel schedule, move down and fire, 1 ... 8,192 ms", limit: nil, operations: 1_000_000) { n in
        var sum: UInt64 = 0
        for i in 0..<n {
            _ = wheel.schedule(1, at: now + 1 + UInt64(i &* 7_919 & 8191))
            if i % 16 == 0 {
                now += 1
                while let payload = wheel.popExpired(now: now) { sum &+= payload }
            }
        }
        return Int(sum)
    }
}

private func objectPool() {
    let pool = ObjectPool(limit: 64, make: { Thing() }, reset: { $0.number = 1 })
    measure("ObjectPool take + give", limit: 10) { n in
        var sum = 0
        for _ in 0..<n {
            let thing = pool.take()
            sum &+= thing.object.number
            pool.give(thing)
        }
        return sum
    }
}

private func rings() {
    let bytes = [UInt8](repeating: 1, count: 100)
    measure("RingBuffer write + peek + discard, 100 B", limit: nil) { n in
        var ring = RingBuffer(capacity: 4096)
        var sum = 0
        for _ in 0..<n {
            ring.write(bytes.span)
            do {
                let parts = ring.peek()
                sum &+= parts.first.byteCount &+ parts.second.byteCount
            }
            ring.discard(100)
        }
        return sum
    }
    measure("Buffer append 100 B + discard", limit: nil) { n in
        var buffer = Buffer(capacity: 4096)
        for _ in 0..<n {
            buffer.append(bytes.span)
            buffer.discard(100)
        }
        return buffer.count
    }
}

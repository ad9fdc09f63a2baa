import ApusRuntime
import Testing

/// Two loops of a test's own.
private func withLoops(_ test: (LoopGroup) async throws -> Void) async throws {
    let group = try LoopGroup(LoopGroup.Options(loops: 2, log: .none))
    defer { group.shutdown() }
    try await test(group)
}

@Suite("Examples of ApusRuntime", .timeLimit(.minutes(1)))
struct RuntimeExamples {
    private final class Seen { var names: Set<String> = [] }

    @Test("loops run what they are given")
    func loops() async throws {
        do {
            // example: EventLoop.swift
            let group = try LoopGroup()
            let answer = await Task(executorPreference: group.loops[0]) { 6 * 7 }.value
            // end
            #expect(answer == 42)
            group.shutdown()
        }
        do {
            // example: EventLoops.md
            let group = try LoopGroup()
            let loop = group.next()
            loop.execute { loop in print("on the thread of loop \(loop.index)") }
            // end
            #expect(loop.perform { $0.isCurrent })
            group.shutdown()
        }
        try await withLoops { group in
            let loop = group.loops[0]
            // example: LoopBound.swift
            let seen = LoopBound(Seen(), to: loop)
            loop.execute { _ in seen.value.names.insert("Ada") }
            // end
            #expect(loop.perform { _ in seen.value.names } == ["Ada"])
            // example: EventLoops.md
            let answer = await Task(executorPreference: loop) {
                try? await loop.sleep(for: .milliseconds(1))
                return loop.isCurrent ? 42 : 0
            }.value
            // end
            #expect(answer == 42)
        }
    }

    // example: EventLoops.md
    actor Tally {
        let loop: EventLoop
        private(set) var count = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

        init(on loop: EventLoop) { self.loop = loop }

        func add(_ amount: Int) { count += amount }
    }
    // end

    @Test("an actor on a loop, and one of the usual kind, run on the thread of the loop whose task calls them")
    func actors() async throws {
        actor Usual {
            func isOn(_ loop: EventLoop) -> Bool { loop.isCurrent }
        }
        try await withLoops { group in
            let loop = group.loops[1]
            let tally = Tally(on: loop)
            await tally.add(2)
            #expect(await tally.count == 2)
            let usual = Usual()
            #expect(await Task(executorPreference: loop) { await usual.isOn(loop) }.value)
        }
    }

    private static func slowHash(_ text: String) -> Int { text.utf8.reduce(0) { $0 &* 31 &+ Int($1) } }
    private static func blockingQuery() -> [String] { ["Ada"] }

    @Test("work away from the loops comes back")
    func offloading() async throws {
        let slowHash = Self.slowHash
        let blockingQuery = Self.blockingQuery
        do {
            // example: EventLoops.md
            let digest = try await offload { slowHash("apus") }
            // end
            #expect(digest == slowHash("apus"))
        }
        do {
            // example: EventLoops.md
            var configuration = WorkStealingPool.Configuration()
            configuration.workers = 32
            configuration.name = "database"
            let pool = WorkStealingPool(configuration)
            let rows = try await pool.run { blockingQuery() }
            // end
            #expect(rows == ["Ada"])
            await pool.shutdown()
        }
        // example: WorkStealingPool.swift
        let pool = WorkStealingPool()
        let sum = try await pool.run { (1...1_000_000).reduce(0, +) }
        await pool.shutdown()
        // end
        #expect(sum == 500_000_500_000)
    }

    @Test("timers")
    func timers() async throws {
        try await withLoops { group in
            let loop = group.loops[0]
            // example: EventLoops.md
            let reminder = loop.schedule(after: .seconds(30)) { _ in print("half a minute later") }
            reminder.cancel()
            try await loop.sleep(for: .milliseconds(5))
            // end
        }
        // example: TimingWheel.swift
        var wheel = TimingWheel<UInt32>(now: 0)
        let timer = wheel.schedule(7, at: 60_000)
        wheel.reschedule(timer, at: 90_000)
        while let payload = wheel.popExpired(now: 100_000) { assert(payload == 7) }
        // end
        let left = wheel.count
        #expect(left == 0)
    }

    @Test("a driver that the machine has is chosen")
    func drivers() throws {
        // example: Drivers.md
        let group = try LoopGroup(LoopGroup.Options(driver: .uring))
        print(group.driver)  // what the machine has given
        // end
        #expect(DriverKind.allCases.contains(group.driver))
        group.shutdown()
    }

    @Test("mailboxes")
    func mailboxes() {
        // example: Mailbox.swift
        let mailbox = Mailbox<Int>()
        let mustWake = mailbox.push(1)  // true: the mailbox was empty
        mailbox.drain { message in print(message) }
        // end
        #expect(mustWake && mailbox.isEmpty)
    }

    private final class Scratch {
        var bytes: [UInt8] = []
        func append(_ byte: UInt8) { bytes.append(byte) }
        func removeAll() { bytes.removeAll() }
    }

    @Test("buffers, pools, rings and tables")
    func memory() async throws {
        do {
            // example: Buffer.swift
            var buffer = Buffer(capacity: 512)
            buffer.append("GET / HTTP/1.1\r\n")
            buffer.discard(4)
            assert(buffer.count == 12)
            // end
        }
        do {
            // example: BufferPool.swift
            let pool = BufferPool()
            var buffer = pool.take(atLeast: 4096)
            buffer.append("HTTP/1.1 200 OK\r\n")
            pool.give(buffer)
            // end
            #expect(pool.statistics.inUse.count == 0)
        }
        do {
            // example: ObjectPool.swift, Memory.md
            let pool = ObjectPool(limit: 64, make: { Scratch() }, reset: { $0.removeAll() })
            let scratch = pool.take()
            scratch.object.append(1)
            pool.give(scratch)
            // end
            #expect(pool.statistics.cached.count == 1)
        }
        do {
            // example: RingBuffer.swift
            var ring = RingBuffer(capacity: 4096)
            let accepted = ring.write("hello".utf8.span)
            do {
                let parts = ring.peek()
                print(parts.first.byteCount, parts.second.byteCount)  // 5 0
            }
            ring.discard(accepted)
            // end
            let isEmpty = ring.isEmpty
            #expect(isEmpty)
        }
        try await withLoops { group in
            let loop = group.loops[0]
            let cached = loop.perform { loop in
                // example: Memory.md
                var buffer = loop.buffers.take(atLeast: 4096)
                buffer.append("HTTP/1.1 200 OK\r\n")
                loop.buffers.give(buffer)
                // end
                return loop.buffers.statistics.cached.count
            }
            #expect(cached > 0)
            // example: Memory.md
            let statistics = loop.perform { $0.buffers.statistics }
            print("\(statistics.inUse.bytes) bytes in use, \(statistics.cached.bytes) cached")
            print("\(statistics.hits) hits, \(statistics.misses) misses")
            // end
            #expect(statistics.inUse.count == 0)
        }
        typealias Connection = Scratch
        var table = ConnectionTable<Connection>()
        _ = table.insert(Scratch())
        // example: ConnectionTable.swift
        var cursor = ConnectionTable<Connection>.Cursor()
        while let id = table.next(&cursor) { table.remove(id) }
        // end
        let left = table.count
        #expect(left == 0)
    }

    @Test("counters, gauges and histograms")
    func measuring() async throws {
        do {
            // example: Counter.swift
            let requests = Counter()
            requests.add(1)
            var ours = requests.makeStripe()
            ours.add(1)
            print(requests.value)  // 2
            // end
            #expect(requests.value == 2)
        }
        do {
            // example: Measuring.md
            let requests = Counter()
            requests.add()
            var ours = requests.makeStripe()
            ours.add()
            print(requests.value)  // 2
            // end
            #expect(requests.value == 2)
        }
        do {
            // example: Measuring.md
            let open = Gauge()
            open.add()
            open.subtract()
            print(open.value, open.peak)  // 0 1
            // end
            #expect(open.value == 0 && open.peak == 1)
        }
        do {
            // example: Histogram.swift
            var latencies = Histogram()
            latencies.record(.microseconds(250))
            let p99 = latencies.snapshot().percentile(99)
            // end
            #expect(p99 >= .microseconds(247) && p99 <= .microseconds(253))
        }
        do {
            // example: Measuring.md
            let latencies = SharedHistogram()
            latencies.record(.microseconds(250))
            latencies.record(.milliseconds(3))
            let earlier = latencies.snapshot()
            latencies.record(.milliseconds(40))
            let lately = latencies.snapshot().since(earlier)
            print(lately.count, lately.percentile(99))
            // end
            #expect(lately.count == 1 && lately.percentile(99) > .milliseconds(39))
        }
        try await withLoops { group in
            for loop in group.loops { loop.perform { _ in } }
            // example: Measuring.md
            for loop in group.loops {
                let statistics = loop.statistics
                print("loop \(loop.index): \(statistics.turns) turns, p99 \(statistics.lag.percentile(99))")
            }
            // end
        }
    }
}

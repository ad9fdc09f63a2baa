import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes lines to a file on a thread of its own, so that no loop ever waits for a disk.
///
/// Each loop puts its lines into a ring of its own (``makeRing()``) and tells that it did (``linesCame()``); any other
/// thread uses ``write(_:)``. What finds no room in its ring is dropped, and counted: a line that is lost is the lesser
/// evil. The thread sleeps while there is nothing to write, and gathers lines for 10 ms when there is little.
package final class LineWriter: Sendable {
    /// The size of a ring, in bytes.
    package let ringSize: Int
    /// For threads that are no loop: one at a time.
    private let common: Lock<LineRing>
    private let state: Shared
    private let thread: Lock<Thread?>

    /// What the thread and the others share; it outlives the writer until the thread has ended.
    private final class Shared: Sendable {
        let isSleeping = Atomic<Bool>(false)
        let isClosing = Atomic<Bool>(false)
        let isOver = Atomic<Bool>(false)
        let wantsReopening = Atomic<Bool>(false)
        /// Lines that were taken and could not be written.
        let lost = Atomic<Int>(0)
        let parker = Parker()
        /// Those who wait until what they wrote is written.
        let waiting = Lock<[Parker]>([])
        let rings = Lock<[LineRing]>([])

        func wake() { if isSleeping.exchange(false, ordering: .sequentiallyConsistent) { parker.unpark() } }
        /// Has the thread write what is there, and end.
        func close() {
            isClosing.store(true, ordering: .sequentiallyConsistent)
            wake()
        }

        /// Waits for the thread's end, so many milliseconds at most; gives those that are left.
        func waitForEnd(_ milliseconds: Int) -> Int {
            var left = milliseconds
            while left > 0, !isOver.load(ordering: .acquiring) {
                usleep(1000)
                left -= 1
            }
            return left
        }

        var dropped: Int { rings.withLock { $0.reduce(0) { $0 + $1.dropped } } + lost.load(ordering: .relaxed) }
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - destination: Where the lines go.
    ///   - name: What the file is called in messages, as `access log`.
    ///   - ringSize: The size in bytes of the ring of each loop.
    ///   - log: Where it is said, at most once in ten seconds, that lines were lost.
    /// - Throws: `SystemError`, when the file can't be opened or no thread can be started.
    package init(
        to destination: LogDestination, name: String, ringSize: Int = 1 << 20, log: Log
    ) throws(SystemError) {
        self.ringSize = ringSize
        let first = LineRing(capacity: ringSize)
        common = Lock(first)
        let state = Shared()
        state.rings.withLock { $0.append(first) }
        self.state = state
        let carrier = Carrier(try LineOutput(destination))
        do throws(ThreadError) {
            thread = try Lock(
                Thread(named: "apus-lines", stackSize: 256 << 10) {
                    guard let output = carrier.output.withLock({ $0.take() }) else { return }
                    var pen = LinePen(output: output, name: name, log: log)
                    Self.run(state, &pen)
                })
        } catch {
            throw SystemError(code: error.code, call: "pthread_create")
        }
        _ = Self.closesAtExit
        Self.atWork.withLock { $0[ObjectIdentifier(state)] = state }
    }

    /// What writes at present: a process that exits writes what it has put into the rings, although nobody lets go of the writers.
    private static let atWork = Lock<[ObjectIdentifier: Shared]>([:])

    private static let closesAtExit: Void = {
        _ = atexit { LineWriter.closeAll() }
    }()

    /// Has the threads of all writers end, and waits for them, two seconds at most.
    private static func closeAll() {
        let states = atWork.withLock { atWork in
            defer { atWork = [:] }
            return Array(atWork.values)
        }
        for state in states { state.close() }
        var left = waitingForEnd
        for state in states { left = state.waitForEnd(left) }
    }

    /// How long the end of a thread is waited for, in milliseconds: its destination may take nothing.
    private static let waitingForEnd = 2000

    /// Carries the output to the thread.
    private final class Carrier: Sendable {
        let output: Mutex<LineOutput?>
        init(_ output: consuming sending LineOutput) { self.output = Mutex(output) }
    }

    deinit { close() }

    /// A ring for one thread that has many lines to write.
    package func makeRing() -> LineRing {
        let ring = LineRing(capacity: ringSize)
        state.rings.withLock { $0.append(ring) }
        return ring
    }

    /// Lines were put into a ring. Costs a fence and a load while the thread is awake.
    @inline(__always) package func linesCame() {
        // The line is ordered before the look at `isSleeping`, and the thread sets that before its last look at the
        // rings: one of the two sees the other (Dekker's pattern).
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if state.isSleeping.load(ordering: .relaxed) { state.wake() }
    }

    /// Writes a line, with its end, from any thread.
    package func write(_ line: RawSpan) {
        _ = common.withLock { $0.append(line) }
        linesCame()
    }

    /// Has the file opened anew, soon: it may have been moved away. Any thread.
    package func reopen() {
        state.wantsReopening.store(true, ordering: .sequentiallyConsistent)
        state.wake()
    }

    /// Lines that were dropped or could not be written so far. Any thread.
    package var dropped: Int { state.dropped }

    /// Waits until what was put into the rings before, and a reopening that was asked for, is done. Blocks; not on a loop.
    package func flush() {
        guard !state.isOver.load(ordering: .acquiring) else { return }
        let parker = Parker()
        state.waiting.withLock { $0.append(parker) }
        state.wake()
        // The thread may have ended meanwhile, and told those it knew of.
        if state.isOver.load(ordering: .sequentiallyConsistent) { Self.tellWaiting(state) }
        parker.park()
    }

    /// Writes what is there, and ends the thread; waits for it, two seconds at most. More calls than one change nothing.
    package func close() {
        let thread = self.thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let thread else { return }
        Self.atWork.withLock { $0[ObjectIdentifier(state)] = nil }
        state.close()
        if state.waitForEnd(Self.waitingForEnd) > 0 { thread.join() } else { thread.detach() }
    }

    // MARK: The thread

    private static func run(_ state: Shared, _ pen: inout LinePen) {
        while true {
            // Whoever waits now has put its lines in before.
            let waiting = state.waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            if state.wantsReopening.exchange(false, ordering: .sequentiallyConsistent) { pen.reopen() }
            let isClosing = state.isClosing.load(ordering: .sequentiallyConsistent)
            var written = 0
            for ring in state.rings.withLock({ $0 }) {
                written += pen.write(ring) { !state.isClosing.load(ordering: .relaxed) }
            }
            if pen.lost > 0 {
                state.lost.wrappingAdd(pen.lost, ordering: .relaxed)
                pen.lost = 0
            }
            pen.report(state.dropped)
            for parker in waiting { parker.unpark() }
            if isClosing { break }
            if written == 0 { sleep(state) } else if written < 64 << 10, waiting.isEmpty { usleep(10_000) }
        }
        state.isOver.store(true, ordering: .sequentiallyConsistent)
        tellWaiting(state)
    }

    private static func sleep(_ state: Shared) {
        state.isSleeping.store(true, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let isIdle = state.rings.withLock { $0.allSatisfy(\.isEmpty) } && state.waiting.withLock(\.isEmpty)
        if !isIdle || state.wantsReopening.load(ordering: .relaxed) || state.isClosing.load(ordering: .relaxed) {
            state.isSleeping.store(false, ordering: .relaxed)
        } else {
            state.parker.park()
        }
    }

    private static func tellWaiting(_ state: Shared) {
        let waiting = state.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for parker in waiting { parker.unpark() }
    }
}

/// What the thread of a ``LineWriter`` writes with.
private struct LinePen: ~Copyable {
    var output: LineOutput
    let name: String
    let log: Log
    /// Lines that could not be written since this was looked at last.
    var lost = 0
    private var reported = 0
    private var quietUntil = ContinuousClock.now
    private var lastError: SystemError?

    init(output: consuming LineOutput, name: String, log: Log) {
        self.output = output
        self.name = name
        self.log = log
    }

    mutating func reopen() {
        do throws(SystemError) {
            try output.reopen()
        } catch {
            log(.error, "the \(name) can't be opened anew: \(error); the old file is written on: check the path")
        }
    }

    /// Writes what is in a ring; what the destination refuses is lost, or the ring would stay full for ever.
    mutating func write(_ ring: LineRing, mayWait: () -> Bool) -> Int {
        var error: SystemError?
        let taken = unsafe ring.take { first, second in
            let result = unsafe output.write(first, second, mayWait: mayWait)
            error = result.error
            if result.error != nil {
                unsafe lost += Self.lines(first, from: result.written)
                unsafe lost += Self.lines(second, from: max(0, result.written - first.count))
            }
            return first.count + second.count
        }
        if let error { lastError = error }
        return taken
    }

    private static func lines(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < bytes.count else { return 0 }
        return unsafe bytes[start...].count { $0 == UInt8(ascii: "\n") }
    }

    /// Says how many lines were lost, unless it has said so within ten seconds.
    mutating func report(_ dropped: Int) {
        guard dropped > reported, ContinuousClock.now >= quietUntil else { return }
        quietUntil = .now + .seconds(10)
        let reason = lastError.map { "\($0)" } ?? "they come faster than they can be written"
        lastError = nil
        log(.error, "\(dropped - reported) lines of the \(name) were lost: \(reason)")
        reported = dropped
    }
}

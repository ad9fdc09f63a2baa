import CSystem
import Synchronization

/// The loops of a process, each on its own thread.
///
/// The threads run from `init` until `shutdown()`, or until the group is let go of. Any thread may use a group.
public final class LoopGroup: Sendable {
    /// How a group is made. Every field has a sensible default.
    public struct Options: Sendable {
        /// The number of loops; nil is one for each processor that the process may run on.
        public var loops: Int?
        /// Processors to pin the loops to, in order and around, by their numbers from 0; nil leaves it to the system.
        /// They must be among those that the process may run on.
        public var pinnedTo: [Int]?
        /// The driver.
        public var driver = DriverChoice.auto
        /// How long one handler may hold its loop before it is named in the log.
        public var holdLimit = Duration.milliseconds(100)
        /// Where the loops say what an operator should know.
        public var log = Log.standardError
        /// The clock of a test; nil is that of the system.
        package var manualTime: ManualTime?

        /// The defaults.
        public init(
            loops: Int? = nil, pinnedTo: [Int]? = nil, driver: DriverChoice = .auto,
            holdLimit: Duration = .milliseconds(100), log: Log = .standardError
        ) {
            self.loops = loops
            self.pinnedTo = pinnedTo
            self.driver = driver
            self.holdLimit = holdLimit
            self.log = log
        }
    }

    /// The driver that the loops use: what was asked for, or what the machine had instead.
    public let driver: DriverKind

    /// The loops, by index.
    public let loops: [EventLoop]
    private let threads: Lock<[LoopThread]>
    private let turn = Atomic<Int>(0)

    /// How many processors this process may run on.
    package static var availableProcessors: Int { Int(apus_available_processors()) }

    /// Makes the loops and starts their threads.
    ///
    /// - Throws: ``LoopGroupError``: the processors to pin loops to are not there, or a system call failed.
    public init(_ options: Options = Options()) throws(LoopGroupError) {
        let pins = options.pinnedTo ?? []
        if let obstacle = Processors.obstacle(to: pins) { throw .processors(obstacle) }
        let kind = options.driver.resolved(log: options.log)
        driver = kind
        do throws(SystemError) {
            let loops = try Self.makeLoops(kind, options)
            self.loops = loops
            threads = Lock(try Self.start(loops, on: pins))
        } catch {
            throw .system(error)
        }
    }

    private static func makeLoops(_ kind: DriverKind, _ options: Options) throws(SystemError) -> [EventLoop] {
        let shared = SharedBufferPool()
        var loops: [EventLoop] = []
        for index in 0..<max(1, options.loops ?? availableProcessors) {
            loops.append(
                try EventLoop(
                    index: index, driver: kind, log: options.log, buffers: BufferPool(shared: shared),
                    holdLimit: options.holdLimit, manualTime: options.manualTime))
        }
        return loops
    }

    private static func start(_ loops: [EventLoop], on pins: [Int]) throws(SystemError) -> [LoopThread] {
        var threads: [LoopThread] = []
        do throws(SystemError) {
            for loop in loops {
                threads.append(try LoopThread(loop, pin: pins.isEmpty ? nil : pins[loop.index % pins.count]))
            }
        } catch {
            // Those that run would go on without a group.
            for (loop, thread) in zip(loops, threads) {
                loop.stop()
                thread.join()
            }
            throw error
        }
        return threads
    }

    /// The loops in turn, for work that has no loop of its own.
    public func next() -> EventLoop {
        loops[turn.wrappingAdd(1, ordering: .relaxed).oldValue % loops.count]
    }

    /// Asks the loops to end, and does not wait: each closes its endpoints after the present turn, and its thread ends
    /// when the kernel has let go of them. Any thread, a loop's own too; more calls than one change nothing.
    public func stop() {
        for loop in loops { loop.stop() }
    }

    /// Does what ``stop()`` does, and waits until the threads have ended.
    ///
    /// Not from a loop of the group, which would wait for itself: that stops the program, with a message. From there call
    /// ``stop()``, and leave the waiting to the thread that made the group.
    public func shutdown() {
        if let own = loops.first(where: \.isCurrent) {
            // Not a precondition: a release build would keep its message to itself.
            fatalError(
                "LoopGroup.shutdown() was called on loop \(own.index) of the group and would wait for itself: "
                    + "call stop() there, or shutdown() on another thread")
        }
        let running = takeThreads()
        guard !running.isEmpty else { return }
        stop()
        for thread in running { thread.join() }
    }

    private func takeThreads() -> [LoopThread] {
        threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
    }

    deinit {
        let running = takeThreads()
        guard !running.isEmpty else { return }
        stop()
        for thread in running { thread.detach() }
    }
}

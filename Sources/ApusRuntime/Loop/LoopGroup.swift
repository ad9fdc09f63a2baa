import CSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The loops of a process, each on its own thread.
///
/// The threads run from `init` until `shutdown()`. Any thread may use a group.
public final class LoopGroup: Sendable {
    /// How a group is made. Every field has a sensible default.
    public struct Options: Sendable {
        /// The number of loops; nil is one for each processor that the process may run on.
        public var loops: Int?
        /// Processors to pin the loops to, in order and around; nil leaves it to the system.
        public var pinnedTo: [Int]?
        /// The driver.
        public var driver = DriverChoice.auto
        /// How long one handler may hold its loop before it is named in the log.
        public var holdLimit = Duration.milliseconds(100)
        /// Where the loops say what an operator should know.
        public var log = Log.standardError

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

    /// The loops, by index.
    public let loops: [EventLoop]
    private let threads: Mutex<[LoopThread]>
    private let turn = Atomic<Int>(0)

    /// Makes the loops and starts their threads.
    public init(_ options: Options = Options()) throws(SystemError) {
        let count = max(1, options.loops ?? Int(apus_available_processors()))
        let shared = SharedBufferPool()
        var loops: [EventLoop] = []
        for index in 0..<count {
            loops.append(
                try EventLoop(
                    index: index, driver: options.driver, log: options.log, buffers: BufferPool(shared: shared),
                    holdLimit: options.holdLimit))
        }
        self.loops = loops
        let pins = options.pinnedTo ?? []
        var threads: [LoopThread] = []
        for loop in loops {
            threads.append(try LoopThread(loop, pin: pins.isEmpty ? nil : pins[loop.index % pins.count]))
        }
        self.threads = Mutex(threads)
    }

    /// The loops in turn, for work that has no loop of its own.
    public func next() -> EventLoop {
        loops[turn.wrappingAdd(1, ordering: .relaxed).oldValue % loops.count]
    }

    /// Closes every endpoint, stops the loops and waits for their threads. Not from a loop of the group.
    public func shutdown() {
        for loop in loops { precondition(!loop.isCurrent, "shutdown() waits for the loop it was called on") }
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for loop in loops where !running.isEmpty { loop.stop() }
        for thread in running { thread.join() }
    }

    deinit {
        for loop in loops { loop.stop() }
    }
}

/// A thread that runs one loop.
@safe struct LoopThread: Sendable {
    private final class Start {
        let loop: EventLoop
        let pin: Int?
        init(_ loop: EventLoop, _ pin: Int?) {
            self.loop = loop
            self.pin = pin
        }
    }

    // A pthread_t is an opaque word that any thread may join.
    private nonisolated(unsafe) let handle: pthread_t

    init(_ loop: EventLoop, pin: Int?) throws(SystemError) {
        let start = unsafe Unmanaged.passRetained(Start(loop, pin))
        #if canImport(Darwin)
            var made: pthread_t?
        #else
            var made = pthread_t()
        #endif
        let failure = unsafe pthread_create(
            &made, nil,
            { argument in
                #if canImport(Darwin)
                    let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                #else
                    let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                #endif
                apus_name_thread("apus-loop-\(start.loop.index)")
                if let pin = start.pin {
                    let failure = apus_pin_thread_errno(CInt(pin))
                    if failure < 0 {
                        start.loop.log(
                            .warning,
                            "loop \(start.loop.index) can't be pinned to processor \(pin): "
                                + SystemError(code: failure, call: "sched_setaffinity").reason)
                    }
                }
                start.loop.run()
                return nil
            }, start.toOpaque())
        guard failure == 0 else {
            unsafe start.release()
            throw SystemError(code: failure, call: "pthread_create")
        }
        #if canImport(Darwin)
            unsafe handle = made!
        #else
            unsafe handle = made
        #endif
    }

    func join() { _ = unsafe pthread_join(handle, nil) }
}

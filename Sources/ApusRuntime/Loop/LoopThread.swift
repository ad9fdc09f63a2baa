import CSystem

/// A thread that runs one loop.
struct LoopThread: Sendable {
    /// The stack: 1 MiB, of which only what is touched takes memory.
    private static let stackSize = 1 << 20

    private final class Start {
        let loop: EventLoop
        let body: (EventLoop) -> Void
        init(_ loop: EventLoop, _ body: @escaping (EventLoop) -> Void) {
            self.loop = loop
            self.body = body
        }
    }

    private let handle: UInt

    /// The thread that runs a loop until it is stopped.
    init(_ loop: EventLoop, pin: Int?) throws(SystemError) {
        try self.init(loop) { loop in
            if let pin { Self.pin(loop, to: pin) }
            loop.run()
        }
    }

    /// A thread that runs what reached a loop when it had ended.
    init(late loop: EventLoop) throws(SystemError) {
        try self.init(loop) { loop in loop.runLate() }
    }

    private init(_ loop: EventLoop, _ body: @escaping (EventLoop) -> Void) throws(SystemError) {
        let start = unsafe Unmanaged.passRetained(Start(loop, body))
        var made: UInt = 0
        let failure = unsafe apus_thread_start(
            &made, "apus-loop-\(loop.index)", Self.stackSize,
            { argument in
                guard let argument = unsafe argument else { return }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                apus_block_broken_pipe_signal()
                start.body(start.loop)
            }, start.toOpaque())
        guard failure == 0 else {
            unsafe start.release()
            throw SystemError(code: failure, call: "pthread_create")
        }
        handle = made
    }

    private static func pin(_ loop: EventLoop, to processor: Int) {
        let failure = apus_pin_thread_errno(CInt(processor))
        if failure < 0 {
            loop.log(
                .warning,
                "loop \(loop.index) can't be pinned to processor \(processor): "
                    + SystemError(code: failure, call: "sched_setaffinity").reason)
        }
    }

    /// Waits until the thread has ended. Once, and not after `detach()`.
    func join() { apus_thread_join(handle) }

    /// Lets the thread end by itself. Once, and not after `join()`.
    func detach() { apus_thread_detach(handle) }
}

/// Time that stands still until it is told to go on: for tests of what happens after a minute, without the minute.
///
/// The loops of a ``LoopGroup`` that is made with it (`LoopGroup.Options.manualTime`) take their clock from here: timers,
/// sleeps and everything that is counted from ``EventLoop/now``. What asks the system itself (`ContinuousClock`, the
/// second in a Date field) goes on.
///
/// Any thread may use it; one caller at a time advances.
package final class ManualTime: Sendable {
    private struct State {
        var now: UInt64
        var loops: [EventLoop] = []
    }

    private let state: Lock<State>

    /// A clock that shows `start`, in nanoseconds.
    package init(start: UInt64 = 1_000_000_000_000) { state = Lock(State(now: start)) }

    /// What it shows, in nanoseconds.
    package var now: UInt64 { state.withLock(\.now) }

    /// Takes a loop in, which keeps this clock and is kept by it until ``detach(_:)``.
    func attach(_ loop: EventLoop) { state.withLock { $0.loops.append(loop) } }

    func detach(_ loop: EventLoop) { state.withLock { $0.loops.removeAll { $0 === loop } } }

    /// Lets time pass: from one timer to the next, each fired at its own moment and all that follows of it on the loops
    /// done before the next, up to the end. What leaves the loops (sockets, `offload`, other executors) is not waited
    /// for.
    package func advance(by nanoseconds: UInt64) async {
        let end = now &+ nanoseconds
        await settle()
        while let next = await nextDeadline(), next <= end {
            state.withLock { $0.now = max($0.now, next) }
            await settle()
        }
        state.withLock { $0.now = max($0.now, end) }
        await settle()
    }

    /// Waits until no loop has anything to do before time passes.
    package func settle() async {
        let loops = state.withLock(\.loops)
        var isSettled = false
        while !isSettled {
            isSettled = true
            for loop in loops where await loop.settle() { isSettled = loops.count == 1 }
        }
    }

    /// The earliest deadline of all loops, in nanoseconds; nil when nothing waits for time.
    package func nextDeadline() async -> UInt64? {
        var earliest: UInt64?
        for loop in state.withLock(\.loops) {
            let next = await withCheckedContinuation { continuation in
                loop.execute { loop in continuation.resume(returning: loop.nextDeadline) }
            }
            if let next { earliest = min(next, earliest ?? next) }
        }
        return earliest
    }
}

extension EventLoop {
    /// Turns without work after which nothing can be under way on the loop: a timer that fires resumes a task in the turn
    /// behind, and what that writes is flushed at its end.
    private static let quietTurns = 4

    /// Waits until the loop has had nothing to do for some turns. True when it had something before.
    fileprivate func settle() async -> Bool {
        await withCheckedContinuation { continuation in
            look(quietFor: 0, wasBusy: false) { wasBusy in continuation.resume(returning: wasBusy) }
        }
    }

    private func look(quietFor turns: Int, wasBusy: Bool, _ done: @escaping @Sendable (Bool) -> Void) {
        execute { loop in
            guard loop.isQuiet else { return loop.look(quietFor: 0, wasBusy: true, done) }
            if turns == Self.quietTurns { return done(wasBusy) }
            loop.look(quietFor: turns + 1, wasBusy: wasBusy, done)
        }
    }
}

import CSystem
import Synchronization

/// How a loop ends, and what becomes of what reaches it then: a task of Swift's can't be dropped, so one that waited for
/// something else when its loop ended must still find a thread when that comes.
///
/// A loop that has ended sleeps like one that waits for the kernel, and is woken like it: by the first message since. A
/// thread is made for it that takes the mailbox and runs what follows, and ends. Endpoints and timers have no place there
/// any more: an endpoint is closed, work with a time is let go of.
extension EventLoop {
    /// Rounds of work that the loop's own thread goes on with when it ends: whoever waits for the thread shall not wait for
    /// a task that goes on in spite of its cancellation.
    private static let lastRounds = 64

    /// Closes what lives on the loop, and runs what comes of that. On the loop's thread, behind its last turn.
    func end() {
        asCurrent {
            // The kernel may still hold operations of io_uring: an endpoint ends with the last of its own.
            while true {
                forEachEndpoint { $0.close() }
                // It lets go of those that it would have read from next.
                driver.dispatch()
                releaseLeft()
                guard endpoints.count > 0 else { break }
                _ = driver.wait(nanoseconds: 100_000_000, from: apus_monotonic_nanoseconds())
            }
            hasEnded = true
            alarm = .max
            alarmWork = nil
            runLastRounds(Self.lastRounds)
        }
        if isIdle { rest() } else { startLateThread() }
    }

    /// Runs what has reached the loop since it ended, on a thread made for it.
    func runLate() {
        asCurrent { runLastRounds(.max) }
        rest()
    }

    /// Lets the next message start a thread, and starts one when it has come meanwhile. From here on the loop's state is
    /// the late thread's: whoever starts it has seen, by its exchange of `sleep`, all that this thread did.
    private func rest() {
        sleep.store(.ofEnded, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard !mailbox.isEmpty else { return }
        if sleep.exchange(.none, ordering: .sequentiallyConsistent) == .ofEnded { startLateThread() }
    }

    /// Makes the thread that runs what has reached the loop since it ended. Only for whoever found it asleep.
    func startLateThread() {
        do {
            try LoopThread(late: self).detach()
        } catch {
            log(.error, "loop \(index) has ended, and what has reached it since is lost: no thread, \(error.reason)")
        }
    }

    /// Runs what waits, then lets what belongs to the loop end, and runs what comes of that.
    private func runLastRounds(_ rounds: Int) {
        closeLast()
        runWaiting(rounds)
        for local in locals.values { (local as? any LoopLocal)?.loopEnds() }
        runWaiting(rounds)
        // What still waits here would keep the loop alive, which keeps it.
        dirty = []
        locals = [:]
    }

    private func runWaiting(_ rounds: Int) {
        var left = rounds
        while left > 0, !isIdle {
            left &-= 1
            drainMailbox()
            runJobs()
            closeLast()
        }
    }

    /// Lets go of work that waits for its time, and closes endpoints that were made when the loop had ended.
    private func closeLast() {
        // Taken out first: what is let go of here may take its timer back.
        var dropped = ScheduledWorkTable()
        swap(&dropped, &scheduled)
        forEachEndpoint { $0.finishClosing() }
        releaseLeft()
    }

    private var isIdle: Bool { jobs.isEmpty && mailbox.isEmpty }

    /// Runs `body` as the thread of this loop.
    func asCurrent(_ body: () -> Void) {
        unsafe apus_set_thread_loop(Unmanaged.passUnretained(self).toOpaque())
        defer { apus_set_thread_loop(nil) }
        body()
    }
}

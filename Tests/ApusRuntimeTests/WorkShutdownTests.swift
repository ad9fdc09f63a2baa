import Synchronization
import Testing

@testable import ApusRuntime

@Suite(.timeLimit(.minutes(2))) struct WorkShutdownTests {
    @Test("a shutdown finishes what waits, waits for what runs, and takes nothing more")
    func shutdownFinishes() async throws {
        let pool = makePool(workers: 2)
        let done = Counter()
        let holds = try (0..<2).map { _ in try Hold(pool) }
        for _ in 0..<100 { try pool.submit { done.add(1) } }
        async let end: Void = pool.shutdown()
        // What is still taken until the pool is closed is counted, too.
        var accepted = 100
        await until {
            do throws(WorkError) {
                try pool.submit { done.add(1) }
                accepted += 1
                return false
            } catch { return error == .shutDown }
        }
        #expect(pool.metrics.running == 2)
        for hold in holds { hold.release() }
        await end
        await pool.shutdown()
        #expect(done.value == accepted)
        await #expect(throws: WorkError.shutDown) { try await pool.run {} }
    }

    @Test("a shutdown that refuses drops what waits, and who awaits it is told")
    func shutdownRefuses() async throws {
        let pool = makePool(workers: 1)
        let hold = try Hold(pool)
        let done = Counter()
        try pool.submit { done.add(1) }
        let task = Task { try await pool.run { done.add(1) } }
        await until { pool.metrics.queued == 2 }
        async let end: Void = pool.shutdown(.refuse)
        await until { pool.scheduler.isRefusing }
        hold.release()
        await #expect(throws: WorkError.shutDown) { try await task.value }
        await end
        #expect(done.value == 0)
        #expect(pool.metrics.completed == 1)
        #expect(pool.metrics.queued == 0)
    }

    @Test("shutdowns that race with one another and with work all return, and no accepted work is lost")
    func shutdownRaces() async throws {
        for _ in 0..<100 {
            let pool = makePool(workers: 2)
            let done = Counter()
            let accepted = await withTaskGroup(of: Int.self) { group in
                for task in 0..<6 {
                    group.addTask {
                        if task < 2 {
                            await pool.shutdown()
                            return 0
                        }
                        var accepted = 0
                        for _ in 0..<10 {
                            do throws(WorkError) {
                                try pool.submit { done.add(1) }
                                accepted += 1
                            } catch {}
                        }
                        return accepted
                    }
                }
                return await group.reduce(0, +)
            }
            await pool.shutdown()
            #expect(done.value == accepted)
        }
    }

    @Test("a pool that is released, even by its own work, finishes what waits, and nothing of it is left")
    func released() async throws {
        for inWork in [false, true] {
            weak var scheduler: WorkScheduler?
            let done = Counter()
            let released = Parker()
            do {
                let pool = makePool(workers: 2)
                scheduler = pool.scheduler
                for _ in 0..<50 { try pool.submit { done.add(1) } }
                if inWork {
                    try pool.submit {
                        released.park()
                        withExtendedLifetime(pool) {}
                    }
                }
            }
            released.unpark()
            await until { scheduler == nil }
            #expect(done.value == 50)
        }
    }

    @Test("what work holds is let go when it has run, or when it was cancelled")
    func releasesWork() async throws {
        final class Held: Sendable {}
        let pool = makePool(workers: 1)
        weak var ran: Held?
        do {
            let held = Held()
            ran = held
            try await pool.run { withExtendedLifetime(held) {} }
        }
        await until { ran == nil }
        let hold = try Hold(pool)
        weak var cancelled: Held?
        do {
            let held = Held()
            cancelled = held
            let task = Task { try await pool.run { [held] in withExtendedLifetime(held) {} } }
            await until { pool.metrics.queued == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        // The thread is still held: the queue keeps the cancelled piece, but not what it captured.
        await until { cancelled == nil }
        #expect(pool.metrics.queued == 1)
        hold.release()
        await pool.shutdown()
    }
}

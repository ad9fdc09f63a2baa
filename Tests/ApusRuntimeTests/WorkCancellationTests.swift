import Synchronization
import Testing

@testable import ApusRuntime

@Suite(.timeLimit(.minutes(2))) struct WorkCancellationTests {
    @Test("work whose task is cancelled before it starts is not run, and the task goes on at once")
    func cancelledBeforeStart() async throws {
        let pool = makePool(workers: 1)
        let hold = try Hold(pool)
        let ran = Counter()
        let task = Task { try await pool.run { ran.add(1) } }
        await until { pool.metrics.queued == 1 }
        task.cancel()
        // The only thread is still held: nothing but the cancellation can end this.
        await #expect(throws: CancellationError.self) { try await task.value }
        hold.release()
        await pool.shutdown()
        #expect(ran.value == 0)
        #expect(pool.metrics.completed == 1)
    }

    @Test("a task that was cancelled before it came runs nothing")
    func cancelledBeforeCall() async throws {
        let pool = makePool(workers: 1)
        let ran = Counter()
        let task = Task {
            await until { Task.isCancelled }
            try await pool.run { ran.add(1) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await pool.shutdown()
        #expect(ran.value == 0)
        #expect(pool.metrics.workers == 0)
    }

    @Test("work that runs sees that its task was cancelled, and what it returns still comes back")
    func cancelledWhileRunning() async throws {
        let pool = makePool(workers: 1)
        let started = Parker()
        let task = Task {
            try await pool.run {
                let atFirst = WorkStealingPool.isCancelled
                started.unpark()
                while !WorkStealingPool.isCancelled { yieldThread() }
                return atFirst
            }
        }
        started.park()
        task.cancel()
        #expect(try await task.value == false)
        #expect(try await pool.run { WorkStealingPool.isCancelled } == false)
        #expect(WorkStealingPool.isCancelled == false)
        await pool.shutdown()
    }

    @Test("under a storm of cancellations each task ends once, with the result of its work or cancelled")
    func cancellationStorm() async throws {
        let pool = makePool(workers: 2, queueCapacity: 100_000)
        let ran = Counter()
        let total = 2_000
        let ends = await withTaskGroup(of: Int.self) { group in
            for number in 0..<total {
                group.addTask {
                    let task = Task {
                        try await pool.run {
                            ran.add(1)
                            return number
                        }
                    }
                    if number.isMultiple(of: 2) { await Task.yield() }
                    task.cancel()
                    switch await task.result {
                    case .success(number): return 1
                    case .failure(is CancellationError): return 0
                    default: return 1_000_000
                    }
                }
            }
            return await group.reduce(0, +)
        }
        await pool.shutdown()
        #expect(ends == ran.value)
        #expect(pool.metrics.completed == ran.value)
        #expect(pool.metrics.queued == 0)
    }
}

import Synchronization
import Testing

@testable import ApusRuntime

@Suite(.timeLimit(.minutes(2))) struct WorkStealingPoolTests {
    private struct Failure: Error, Equatable { let number: Int }

    @Test("what the work returns comes back, and what it throws")
    func results() async throws {
        let pool = makePool(workers: 2)
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: Failure(number: 3)) { try await pool.run { throw Failure(number: 3) } }
        await pool.shutdown()
        #expect(pool.metrics.completed == 2)
    }

    @Test("a pool that nobody uses has no thread, and one that is used never more than its workers")
    func startsThreadsOnDemand() async throws {
        let unused = makePool(workers: 4)
        #expect(unused.metrics.workers == 0)
        await unused.shutdown()
        let used = makePool(workers: 3)
        try await used.run {}
        #expect((1...3).contains(used.metrics.workers))
        let holds = try (0..<3).map { _ in try Hold(used) }
        #expect(used.metrics.workers == 3)
        #expect(used.metrics.running == 3)
        for hold in holds { hold.release() }
        for number in 0..<200 { #expect(try await used.run { number } == number) }
        #expect(used.metrics.workers == 3)
        await used.shutdown()
    }

    @Test("the caller goes on where it was, on its task executor's thread")
    func resumesOnTheCallersExecutor() async throws {
        let executor = ThreadExecutor()
        let pool = makePool(workers: 2)
        try await withTaskExecutorPreference(executor) {
            #expect(executor.isCurrent)
            for _ in 0..<100 {
                let workedOnTheExecutor = try await pool.run { executor.isCurrent }
                #expect(!workedOnTheExecutor)
                #expect(executor.isCurrent)
            }
        }
        await pool.shutdown()
        executor.stop()
    }

    @Test("work from eight threads is done exactly once each, while the full queue refuses and they try again")
    func manyProducers() async throws {
        let pool = makePool(workers: 3, queueCapacity: 2)
        let each = 3_000
        let counts = (0..<8 * each).map { _ in Counter() }
        let refusals = Counter()
        try onThreads(8) { thread in
            for number in 0..<each {
                while true {
                    do throws(WorkError) {
                        try pool.submit { counts[thread * each + number].add(1) }
                        break
                    } catch {
                        refusals.add(1)
                        yieldThread()
                    }
                }
            }
        }
        await pool.shutdown()
        #expect(counts.allSatisfy { $0.value == 1 })
        let metrics = pool.metrics
        #expect(metrics.completed == 8 * each)
        #expect(metrics.rejected == refusals.value)
        #expect(metrics.queued == 0 && metrics.running == 0)
    }

    @Test("work that a busy thread added is stolen by the others")
    func stealing() async throws {
        let pool = makePool(workers: 3)
        let done = Counter()
        let all = Parker()
        // The first thread adds to its own deque and waits for it to be done, which only others can do.
        try await pool.run {
            for _ in 0..<500 {
                try pool.submit {
                    done.add(1)
                    if done.value == 500 { all.unpark() }
                }
            }
            all.park()
        }
        #expect(done.value == 500)
        #expect(pool.metrics.stolen == 500)
        await pool.shutdown()
    }

    @Test("work from outside is not starved by work that keeps adding itself")
    func fairness() async throws {
        let pool = makePool(workers: 1)
        let over = Atomic<Bool>(false)
        let again = Again(pool: pool, over: { over.load(ordering: .relaxed) })
        again.add()
        for number in 0..<20 { #expect(try await pool.run { number } == number) }
        over.store(true, ordering: .relaxed)
        again.ended.park()
        await pool.shutdown()
        #expect(again.failures.value == 0)
        #expect(again.turns.value > 0)
    }

    private final class Again: Sendable {
        let turns = Counter()
        let failures = Counter()
        let ended = Parker()
        private let pool: WorkStealingPool
        private let over: @Sendable () -> Bool

        init(pool: WorkStealingPool, over: @escaping @Sendable () -> Bool) {
            self.pool = pool
            self.over = over
        }

        func add() {
            do throws(WorkError) {
                try pool.submit {
                    self.turns.add(1)
                    if self.over() { self.ended.unpark() } else { self.add() }
                }
            } catch {
                failures.add(1)
                ended.unpark()
            }
        }
    }

    @Test("a full queue refuses work with `busy`, which says what to do, and takes work again when there is room")
    func boundedQueue() async throws {
        let pool = makePool(workers: 1, queueCapacity: 3)
        let hold = try Hold(pool)
        let done = Counter()
        for _ in 0..<3 { try pool.submit { done.add(1) } }
        #expect(pool.metrics.queued == 3)
        #expect(throws: WorkError.busy(queueCapacity: 3)) { try pool.submit { done.add(100) } }
        await #expect(throws: WorkError.busy(queueCapacity: 3)) { try await pool.run { done.add(100) } }
        #expect(pool.metrics.queued == 3)
        #expect(pool.metrics.rejected == 2)
        #expect("\(WorkError.busy(queueCapacity: 3))".contains("raise `queueCapacity`"))
        hold.release()
        await until { pool.metrics.queued == 0 }
        #expect(try await pool.run { 5 } == 5)
        await pool.shutdown()
        #expect(done.value == 3)
    }

    @Test("the bound holds for work that work adds, too")
    func boundedFromWithin() async throws {
        let pool = makePool(workers: 1, queueCapacity: 5)
        let taken = try await pool.run {
            var taken = 0
            do throws(WorkError) { while true { try pool.submit {}; taken += 1 } } catch {
                guard case .busy = error else { throw error }
            }
            return taken
        }
        #expect(taken == 5)
        await pool.shutdown()
        #expect(pool.metrics.completed == 6)
    }

    @Test("a thread that finds nothing sleeps, and does not wake until there is work")
    func parks() async throws {
        let pool = makePool(workers: 2)
        let holds = try (0..<2).map { _ in try Hold(pool) }
        #expect(pool.metrics.workers == 2)
        let atWork = pool.metrics.parks
        for hold in holds { hold.release() }
        await until { pool.metrics.idle == 2 && pool.metrics.parks >= atWork + 2 }
        // A wake that came while a thread was about to sleep is left over: each may wake once more for nothing.
        var before = 0
        var attempts = 0
        repeat {
            attempts += 1
            before = pool.metrics.parks
            for _ in 0..<2_000 { await Task.yield() }
        } while pool.metrics.parks != before && attempts < 4
        #expect(pool.metrics.parks == before)
        #expect(before <= atWork + 4)
        let rounds = 50
        for number in 0..<rounds { #expect(try await pool.run { number } == number) }
        await until { pool.metrics.idle == 2 }
        // Each piece of work wakes one thread, which may pass the wake on and keep one wake over.
        #expect(pool.metrics.parks <= before + 3 * rounds + 2)
        await pool.shutdown()
    }
}

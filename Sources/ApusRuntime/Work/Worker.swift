import CSystem

/// One thread of the pool: runs work from its own deque, from the injection queue, or stolen, and sleeps otherwise.
///
/// Unchecked Sendable holds because other threads touch only `deque` and `parker`; all else is the worker's own.
@safe final class Worker: @unchecked Sendable {
    let index: Int
    let deque = ChaseLevDeque<WorkItem>()
    let parker = Parker()

    private var completed: Counter.Stripe
    private var stolen: Counter.Stripe
    private var parks: Counter.Stripe
    /// The work that runs now; only for this thread to ask about.
    private(set) var current: WorkItem?
    private var turn = 0
    private var random: UInt32

    init(index: Int, counters: WorkCounters) {
        self.index = index
        completed = counters.completed.makeStripe()
        stolen = counters.stolen.makeStripe()
        parks = counters.parks.makeStripe()
        random = UInt32(truncatingIfNeeded: index &+ 1) &* 0x9E37_79B9
    }

    /// The worker that the calling thread is, of whichever pool.
    static var onThisThread: Worker? {
        guard let worker = unsafe apus_thread_worker() else { return nil }
        return unsafe Unmanaged<Worker>.fromOpaque(worker).takeUnretainedValue()
    }

    /// The life of the thread: until the pool is closed and no work is left.
    func run(for scheduler: WorkScheduler) {
        unsafe apus_set_thread_worker(Unmanaged.passUnretained(self).toOpaque())
        defer { apus_set_thread_worker(nil) }
        while true {
            if let item = find(in: scheduler) {
                perform(item, for: scheduler)
                continue
            }
            scheduler.idle.add(index)
            // Work may have come before the bit was seen: without this second look nobody would wake us for it.
            if let item = find(in: scheduler) {
                // Claimed meanwhile: that wake may have been for other work, so it is passed on.
                if !scheduler.idle.remove(index) { scheduler.wakeOne() }
                perform(item, for: scheduler)
                continue
            }
            if scheduler.isFinished {
                scheduler.idle.remove(index)
                return
            }
            parks.add(1)
            parker.park()
            // As a rule whoever woke us has claimed the bit; not if the wake was left over from before.
            scheduler.idle.remove(index)
        }
    }

    private func perform(_ item: WorkItem, for scheduler: WorkScheduler) {
        if scheduler.isRefusing {
            scheduler.leaveQueue()
            item.refuse(.shutDown)
            return
        }
        scheduler.counters.running.add(1)
        scheduler.leaveQueue()
        current = item
        let ran = item.perform()
        current = nil
        if ran { completed.add(1) }
        scheduler.counters.running.subtract(1)
        if ran { item.finish() }
    }

    private func find(in scheduler: WorkScheduler) -> WorkItem? {
        turn &+= 1
        // Now and then the injection queue first, or work that keeps adding work would starve what comes from outside.
        if turn.isMultiple(of: 61), let item = scheduler.injected.take() { return item }
        return deque.pop() ?? scheduler.injected.take() ?? steal(from: scheduler.workers)
    }

    private func steal(from workers: [Worker]) -> WorkItem? {
        // Marsaglia's xorshift: thieves begin at different victims.
        random ^= random << 13
        random ^= random >> 17
        random ^= random << 5
        let first = Int(random) % workers.count
        for offset in 0..<workers.count {
            let victim = workers[(first + offset) % workers.count]
            if victim === self { continue }
            // Losing means that another thread got an element, so this loop ends.
            search: while true {
                switch victim.deque.steal() {
                case .stolen(let item):
                    stolen.add(1)
                    return item
                case .lost: continue
                case .empty: break search
                }
            }
        }
        return nil
    }
}

/// What a pool counts. See ``WorkStealingPool/Metrics``.
struct WorkCounters: Sendable {
    let running = Gauge()
    let completed = Counter()
    let rejected = Counter()
    let stolen = Counter()
    let parks = Counter()
}

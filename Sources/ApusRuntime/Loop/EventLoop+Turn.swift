import CSystem
import Synchronization

/// The turn of the loop: wait, deliver completions, take the mailbox, run jobs, fire timers, flush writes.
extension EventLoop {
    /// Runs the loop on the calling thread until `stop()`.
    func run() {
        asCurrent {
            turnBegan = clock()
            manualTime?.attach(self)
            defer { manualTime?.detach(self) }
            while !stopRequested {
                wait()
                let began = clock()
                turnBegan = began
                driver.dispatch()
                drainMailbox()
                runJobs()
                fireTimers()
                if began >= alarm { ringAlarm() }
                flushDirty()
                releaseLeft()
            }
        }
        end()
    }

    private func wait() {
        let before = clock()
        meters.turnEnded(after: before &- turnBegan)
        var nanoseconds: Int64 = -1
        if !jobs.isEmpty || driver.hasPendingWork || !dirty.isEmpty {
            nanoseconds = 0
        } else if let next = timers.nextTick {
            let due = next &* 1_000_000
            nanoseconds = due > before ? Int64(due &- before) : 0
        }
        if alarm != .max, nanoseconds != 0 {
            let left = alarm > before ? Int64(alarm &- before) : 0
            nanoseconds = nanoseconds < 0 ? left : min(nanoseconds, left)
        }
        if nanoseconds > 0, manualTime != nil { nanoseconds = -1 }
        if nanoseconds != 0 {
            sleep.store(.inDriver, ordering: .sequentiallyConsistent)
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            if !mailbox.isEmpty {
                sleep.store(.none, ordering: .relaxed)
                nanoseconds = 0
            }
        }
        // A loop that has nothing to do for a second gives its cached memory back, once until it is busy again.
        let mayTrim = !isTrimmed && (nanoseconds < 0 || nanoseconds > Self.idleNanoseconds)
        let events = driver.wait(nanoseconds: mayTrim ? Self.idleNanoseconds : nanoseconds, from: before)
        sleep.store(.none, ordering: .relaxed)
        if events > 0 {
            isTrimmed = false
        } else if mayTrim {
            isTrimmed = true
            buffers.trim()
        }
    }

    func drainMailbox() {
        guard !mailbox.isEmpty else { return }
        _ = mailbox.drain { message in
            switch message {
            case .job(let job): jobs.append(job)
            case .work(let work): watch.measure("work given to execute(_:)") { work(self) }
            }
        }
    }

    func runJobs() {
        var left = Self.jobsPerTurn
        while left > 0, let job = jobs.popFirst() {
            left &-= 1
            watch.measure("an asynchronous task") {
                if job.isIsolated {
                    unsafe job.job.runSynchronously(
                        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
                } else {
                    unsafe job.job.runSynchronously(on: asUnownedTaskExecutor())
                }
            }
        }
    }

    private func fireTimers() {
        let tick = self.tick
        var left = Self.timersPerTurn
        // What is left is due, so the next wait does not sleep.
        while left > 0, let payload = timers.popExpired(now: tick) {
            left &-= 1
            switch payload {
            case .endpoint(let id):
                guard let endpoint = endpoints.find(id) else { continue }
                endpoint.timer = .none
                endpoint.timerFired()
            case .work(let key):
                guard let work = scheduled.remove(key) else { continue }
                watch.measure("work given to schedule(after:)") { work(self) }
            }
        }
    }

    private func flushDirty() {
        guard !dirty.isEmpty else { return }
        var index = 0
        while index < dirty.count {
            let endpoint = dirty[index]
            endpoint.driverState.remove(.dirty)
            if endpoint.isOpen { endpoint.flush() }
            index += 1
        }
        dirty.removeAll(keepingCapacity: index <= 4096)
    }

    private func ringAlarm() {
        alarm = .max
        alarmWork?(self)
    }
}

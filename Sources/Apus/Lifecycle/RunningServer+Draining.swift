import ApusNet
import ApusRuntime
import Synchronization

extension RunningServer {
    /// What happens to the server as a whole from now on: the steps of its drain, and changes of its configuration. The
    /// sequence ends with the server; of one who does not keep up the oldest events are dropped, 64 being kept. Any
    /// thread.
    public func lifecycleEvents() -> AsyncStream<LifecycleEvent> { lifecycle.stream() }

    /// Whether the server drains, or has ended. Any thread.
    public var isDraining: Bool { life.isDraining }

    /// How the server is drained as it is configured now.
    public var drainPlan: DrainPlan { plan.withLock { $0 } }

    /// Stops as the configuration has it: see ``drain(_:progress:)``. Not from a loop of the group.
    public func stop() async { await drain() }

    /// Stops in steps, each within its limit: says that it is not ready; accepts what has arrived, and no more; lets what
    /// is in flight finish; cuts the rest; ends the loops. Not from a loop of the group.
    ///
    /// It is told at each step: on the log, to `progress`, and as ``LifecycleEvent/draining(_:)``. The server is drained
    /// once: who calls while it is under way waits for its end, and gets the same report. ``stopNow()`` ends it early.
    ///
    /// - Parameters:
    ///   - plan: The limits; nil is those of the configuration in force.
    ///   - progress: Called as each step begins, on any thread.
    /// - Returns: What came of it.
    @discardableResult public func drain(
        _ plan: DrainPlan? = nil, progress: (@Sendable (DrainProgress) -> Void)? = nil
    ) async -> DrainReport {
        guard life.beginDraining() else { return await life.report() }
        let plan = plan ?? drainPlan
        let began = ContinuousClock.now
        let present = connectionCount
        let tell: (DrainStep) -> Void = { [self] step in
            let state = DrainProgress(step: step, connections: connectionCount, elapsed: ContinuousClock.now - began)
            log(state, plan)
            lifecycle.tell(.draining(state))
            progress?(state)
        }

        // Where another process has taken over, the service is as ready as ever.
        if life.isHandedOver {
            tell(.unready)
        } else {
            serviceManager.tell(.stopping)
            for listener in listeners { listener.service.isStopping.store(true, ordering: .relaxed) }
            if plan.delay > .zero {
                await wait(plan.delay, for: life.makeGate()) { tell(.unready) }
            } else {
                tell(.unready)
            }
        }

        tell(.refusing)
        let refused = Gate()
        let loops = Countdown(group.loops.count, refused)
        for listener in listeners { listener.server.stopAccepting() }
        let idleGrace = min(plan.idleGrace, plan.timeout)
        for loop in group.loops {
            loop.execute { [listeners] loop in
                // Behind what stops to accept: what was accepted last is counted.
                for listener in listeners {
                    ServerLoop.of(listener.service, on: loop).drain(keepingIdleFor: idleGrace)
                }
                loops.arrive()
            }
        }
        await refused.pass()

        let finished = life.makeGate()
        let empty = Countdown(listeners.count, finished)
        await wait(plan.timeout, for: finished) {
            tell(.finishing)
            for listener in listeners { listener.server.admission.awaitEmpty { empty.arrive() } }
        }

        let cut = connectionCount
        if cut > 0 { tell(.cutting) }
        closeAdmin()
        leaveBoard()
        group.shutdown()
        let report = DrainReport(
            finished: max(0, present - cut), cut: cut, elapsed: ContinuousClock.now - began)
        tell(.released)
        lifecycle.end()
        life.end(report)
        return report
    }

    /// Waits at a gate that opens by itself after a time, which is that of the loops and runs when `begun` is called.
    private func wait(_ limit: Duration, for gate: Gate, begun: () -> Void) async {
        let alarm = group.loops[0].schedule(after: limit) { _ in gate.open() }
        begun()
        await gate.pass()
        alarm.cancel()
    }

    private func log(_ state: DrainProgress, _ plan: DrainPlan) {
        let log = configuration.log
        let count = "\(state.connections) \(state.connections == 1 ? "connection is" : "connections are")"
        switch state.step {
        case .unready:
            if plan.delay > .zero, !life.isHandedOver {
                log(.info, "draining: not ready, and serving on for \(plan.delay)")
            }
        case .refusing: log(.debug, "draining: nothing is accepted any more")
        case .finishing:
            if state.connections > 0 {
                log(.info, "draining: \(count) open, and may finish within \(plan.timeout)")
            }
        case .cutting: log(.warning, "draining: \(count) cut, for \(plan.timeout) have passed")
        case .released: log(.debug, "draining: done after \(state.elapsed)")
        }
    }
}

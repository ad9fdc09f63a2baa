import ApusNet
import ApusRuntime
import CSystem

extension RunningServer {
    /// Adds what this server, its loops and the process have counted.
    func collect(into snapshot: inout MetricsSnapshot) {
        // Several listeners may have one service.
        for open in listeners { snapshot.add(open) }
        for service in services {
            if let metrics = service.observation?.metrics { snapshot.add(metrics) }
            snapshot.addRefusals(of: service)
            snapshot.addAdaptiveLimits(of: service)
        }
        snapshot.add(pools)
        let figures = board.all
        for loop in group.loops { snapshot.add(loop, figures[loop.index]) }
        snapshot.add(WorkStealingPool.shared.metrics)
    }
}

extension MetricsSnapshot {
    fileprivate mutating func add(_ open: OpenListener) {
        let label = MetricLabel("listener", open.listener.name)
        let admission = open.server.admission
        let active = admission.admitted
        let opened = max(active, admission.admittedInAll)
        add(.count(opened), to: .connectionsOpened, [label])
        add(.count(opened - active), to: .connectionsClosed, [label])
        add(.count(active), to: .connectionsOpen, [label])
        add(.count(open.server.handedOver), to: .connectionsHandedOver, [label])
        let byAddress = admission.refusedByAddress
        let causes = [
            ("full", admission.refused - byAddress), ("address-full", byAddress),
            ("proxy-header", open.server.proxyFailures),
        ]
        for (cause, count) in causes {
            add(.count(count), to: .connectionsRejected, [label, MetricLabel("cause", cause)])
        }
        #if TLS
            guard let handshakes = open.server.handshakes else { return }
            let outcomes = [("completed", handshakes.completed), ("failed", handshakes.failed)]
            for (outcome, count) in outcomes {
                add(.count(count), to: .handshakes, [label, MetricLabel("outcome", outcome)])
            }
            add(.count(handshakes.resumed), to: .handshakesResumed, [label])
            add(.count(handshakes.pending), to: .handshakesPending, [label])
        #endif
    }

    fileprivate mutating func add(_ loop: EventLoop, _ figures: LoopFigures?) {
        let label = MetricLabel("loop", "\(loop.index)")
        let statistics = loop.statistics
        add(.number(Double(statistics.turns)), to: .loopTurns, [label])
        add(.histogram(statistics.lag), to: .loopLag, [label])
        guard let figures else { return }
        add(.count(figures.endpoints), to: .loopEndpoints, [label])
        add(.count(figures.timers), to: .loopTimers, [label])
        let buffers = figures.buffers
        add(.count(buffers.inUse.bytes), to: .bufferBytes, [label, MetricLabel("state", "in-use")])
        add(.count(buffers.cached.bytes), to: .bufferBytes, [label, MetricLabel("state", "cached")])
        add(.count(buffers.hits), to: .bufferRequests, [label, MetricLabel("served", "at-hand")])
        add(.count(buffers.misses), to: .bufferRequests, [label, MetricLabel("served", "by-system")])
    }

    fileprivate mutating func add(_ work: WorkStealingPool.Metrics) {
        add(.count(work.workers), to: .workThreads)
        add(.count(work.queued), to: .workQueued)
        add(.count(work.running), to: .workRunning)
        add(.count(work.completed), to: .workDone, [MetricLabel("outcome", "completed")])
        add(.count(work.rejected), to: .workDone, [MetricLabel("outcome", "rejected")])
        add(.count(work.stolen), to: .workStolen)
    }

    /// Adds what the system knows of the process, under the names that all programs share.
    mutating func addProcess() {
        var process = apus_process()
        unsafe apus_read_process(&process)
        func add(_ value: Int64, _ description: MetricDescription) {
            if value >= 0 { self.add(.number(Double(value)), to: description) }
        }
        if process.processor >= 0 {
            self.add(.number(Double(process.processor) / 1_000_000_000), to: .processorTime)
        }
        add(process.resident, .residentMemory)
        add(process.mapped, .mappedMemory)
        add(process.descriptors, .descriptors)
        add(process.most_descriptors, .mostDescriptors)
        add(process.threads, .threads)
        if process.began > 0 { self.add(.number(Self.processBegan ?? process.began), to: .processBegan) }
    }

    /// Read once, for it is computed from clocks that are set.
    private static let processBegan: Double? = {
        var process = apus_process()
        unsafe apus_read_process(&process)
        return process.began > 0 ? process.began : nil
    }()
}

extension MetricDescription {
    fileprivate static let connectionsOpened = MetricDescription(
        "apus_connections_opened", .counter, help: "Connections that were let in.")
    fileprivate static let connectionsClosed = MetricDescription(
        "apus_connections_closed", .counter, help: "Connections that were let in and are gone.")
    fileprivate static let connectionsOpen = MetricDescription(
        "apus_connections_open", .gauge, help: "Connections that are open.")
    fileprivate static let connectionsHandedOver = MetricDescription(
        "apus_connections_handed_over", .counter,
        help: "Connections that a loop with more than its share has handed to another.")
    fileprivate static let connectionsRejected = MetricDescription(
        "apus_connections_rejected", .counter, help: "Connections that were not let in.")
    fileprivate static let handshakes = MetricDescription(
        "apus_tls_handshakes", .counter, help: "TLS handshakes that are over.")
    fileprivate static let handshakesResumed = MetricDescription(
        "apus_tls_handshakes_resumed", .counter, help: "TLS handshakes that went on with an earlier session.")
    fileprivate static let handshakesPending = MetricDescription(
        "apus_tls_handshakes_pending", .gauge, help: "TLS handshakes under way.")
    fileprivate static let loopTurns = MetricDescription("apus_loop_turns", .counter, help: "Turns of a loop.")
    fileprivate static let loopLag = MetricDescription(
        "apus_loop_lag_seconds", .histogram,
        help: "How long a loop's turns took: the longest that anything ready had to wait.",
        bounds: [
            .microseconds(10), .microseconds(25), .microseconds(50), .microseconds(100), .microseconds(250),
            .microseconds(500), .milliseconds(1), .microseconds(2500), .milliseconds(5), .milliseconds(10),
            .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250), .seconds(1),
        ])
    fileprivate static let loopEndpoints = MetricDescription(
        "apus_loop_endpoints", .gauge, help: "Descriptors that live on a loop.")
    fileprivate static let loopTimers = MetricDescription(
        "apus_loop_timers", .gauge, help: "Timers that are set on a loop.")
    fileprivate static let bufferBytes = MetricDescription(
        "apus_buffer_bytes", .gauge, help: "Pooled memory of a loop.")
    fileprivate static let bufferRequests = MetricDescription(
        "apus_buffer_requests", .counter, help: "Buffers that were asked of a loop's pool.")
    fileprivate static let workThreads = MetricDescription(
        "apus_offload_threads", .gauge, help: "Threads of the work-stealing pool.")
    fileprivate static let workQueued = MetricDescription(
        "apus_offload_queued", .gauge, help: "Pieces of work that wait for a thread.")
    fileprivate static let workRunning = MetricDescription(
        "apus_offload_running", .gauge, help: "Pieces of work that run.")
    fileprivate static let workDone = MetricDescription(
        "apus_offload_work", .counter, help: "Pieces of work that were done, or not taken.")
    fileprivate static let workStolen = MetricDescription(
        "apus_offload_stolen", .counter, help: "Pieces of work that one thread took from another.")
    fileprivate static let processorTime = MetricDescription(
        "process_cpu_seconds", .counter, help: "Processor time of the process, in seconds.")
    fileprivate static let residentMemory = MetricDescription(
        "process_resident_memory_bytes", .gauge, help: "Memory of the process that is in RAM, in bytes.")
    fileprivate static let mappedMemory = MetricDescription(
        "process_virtual_memory_bytes", .gauge, help: "Memory that the process has mapped, in bytes.")
    fileprivate static let descriptors = MetricDescription(
        "process_open_fds", .gauge, help: "Open file descriptors.")
    fileprivate static let mostDescriptors = MetricDescription(
        "process_max_fds", .gauge, help: "The most file descriptors that may be open.")
    fileprivate static let threads = MetricDescription("process_threads", .gauge, help: "Threads of the process.")
    fileprivate static let processBegan = MetricDescription(
        "process_start_time_seconds", .gauge, help: "When the process began, in seconds since 1970.")
}

import Apus
import ApusRuntime
import ApusWorkers
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `apus serve --workers N`: opens the sockets, starts the workers, starts one anew that dies, and hands signals on. It
/// serves nothing itself, so there is little in it that could fail. All of it runs on the main thread, which blocks: workers
/// end with the thread that has started them.
final class Master {
    private let load: () throws -> Configuration
    private let log: Log
    private let sockets: WorkerSockets
    private var places: [WorkerPlace]
    /// Those whose worker is to be replaced, in order.
    private var toReplace: [Int] = []
    private var hasServed = false
    private var stops = 0
    private let outcomes = Outcomes()
    private let manager = ServiceManager()
    private var rounds: ChangeRounds
    private var exchange = WorkerExchange()
    private var configuration: Configuration
    /// Made once: a worker that is started later is as the others are.
    private var secrets = WorkerSecrets()

    /// What came of starts, from the threads that see to them.
    private final class Outcomes: Sendable {
        private let list = Lock<[(Int, Int32, HandoverError?)]>([])

        func add(_ place: Int, _ pid: Int32, _ error: HandoverError?) {
            list.withLock { $0.append((place, pid, error)) }
            // The loop looks at everything whenever a child may have ended.
            kill(getpid(), SIGCHLD)
        }

        func take() -> [(Int, Int32, HandoverError?)] {
            list.withLock { list in
                defer { list = [] }
                return list
            }
        }
    }

    /// - Parameters:
    ///   - workers: How many.
    ///   - load: Makes the configuration; called again at SIGHUP and SIGUSR2.
    ///   - log: Where to say what an operator should know.
    init(workers: Int, log: Log = .standardError, load: @escaping () throws -> Configuration) throws {
        self.load = load
        self.log = log
        sockets = WorkerSockets(workers: workers)
        places = (1...workers).map(WorkerPlace.init)
        rounds = ChangeRounds(count: workers)
        configuration = try load()
        try makeIdentities(configuration)
        try sockets.open(configuration)
    }

    private func makeIdentities(_ configuration: Configuration) throws {
        #if TLS
            try secrets.makeIdentities(for: configuration, log: log)
        #endif
    }

    /// Runs until it is told to stop.
    ///
    /// - Returns: The exit code.
    func run() throws -> Int32 {
        let signals = apus_watch_signals_errno()
        guard signals >= 0 else { throw SystemError(code: signals, call: "sigaction") }
        for number in [SIGCHLD, SIGHUP, SIGUSR1, SIGUSR2] { _ = apus_watch_signal_errno(number) }
        for index in places.indices { start(index) }
        while true {
            post()
            awaitSignal(signals)
            for (index, pid, error) in outcomes.take() { conclude(index, pid, error) }
            reap()
            rounds.lookAtTime()
            // First: workers that the second signal has cut may be gone by now.
            if stops > 1 { return 130 }
            if stops > 0, places.allSatisfy({ $0.processes.isEmpty }) { return 0 }
            if !hasServed, stops == 0, places.contains(where: { $0.restart != nil }) { return giveUp() }
            restartDue()
        }
    }

    // MARK: Waiting

    private func awaitSignal(_ signals: CInt) {
        var wait = CInt(-1)
        if let next = places.compactMap(\.restart).min() {
            wait = CInt(max(0, min(60_000, ((next - .now) / .milliseconds(1)).rounded(.up))))
        }
        if let interval = manager.interval {
            manager.tell(.alive)
            let milliseconds = CInt(max(1, min(60_000, interval / .milliseconds(1))))
            wait = wait < 0 ? milliseconds : min(wait, milliseconds)
        }
        if let deadline = rounds.deadline {
            let milliseconds = CInt(max(0, min(60_000, ((deadline - .now) / .milliseconds(1)).rounded(.up))))
            wait = wait < 0 ? milliseconds : min(wait, milliseconds)
        }
        let ports = places.flatMap(\.ports)
        var wanted = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
        wanted += ports.map { pid, port in
            pollfd(fd: port.descriptor, events: Int16(POLLIN) | (port.hasOutput ? Int16(POLLOUT) : 0), revents: 0)
        }
        guard unsafe poll(&wanted, nfds_t(wanted.count), wait) > 0 else { return }
        for (index, (pid, port)) in ports.enumerated() where wanted[index + 1].revents != 0 { hear(port, of: pid) }
        guard wanted[0].revents != 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 256)
        let got = unsafe apus_receive_errno(signals, &bytes, bytes.count)
        guard got > 0 else { return }
        for byte in bytes[..<got] { hear(CInt(byte)) }
    }

    private func hear(_ number: CInt) {
        switch number {
        case SIGTERM, SIGINT: stop()
        case SIGHUP: reload()
        case SIGUSR1: for place in places { place.serving?.process.send(SIGUSR1) }
        case SIGUSR2: replaceAll()
        default: break
        }
    }

    // MARK: Workers

    private func start(_ index: Int) {
        let number = places[index].number
        places[index].restart = nil
        var environment = ProcessEnvironment.variables
        // The service manager hears from the master.
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { environment[name] = nil }
        var shared: CInt = -1
        do {
            let child = try ChildProcess(environment: environment)
            places[index].starting = child
            shared = try secrets.pipe()
            let (port, end) = try WorkerPort.pair()
            let offer = SocketOffer(
                sockets: sockets.copies(forWorker: number) + [
                    (place: WorkerPort.place, descriptors: [end]),
                    (place: WorkerSecrets.place, descriptors: [shared]),
                ],
                worker: number,
                patience: Self.patience)
            places[index].ports[child.pid] = port
            rounds.join(child.pid, number: number)
            try Thread(named: "worker-\(number)", stackSize: 512 << 10) { [outcomes] in
                defer { offer.close() }
                do throws(HandoverError) {
                    try offer.hand(to: child, commit: { true }, goOn: {})
                    outcomes.add(index, child.pid, nil)
                } catch {
                    outcomes.add(index, child.pid, error)
                }
            }.detach()
        } catch {
            places[index].starting?.send(SIGKILL)
            if shared >= 0 { closeDescriptor(shared) }
            log(.error, "worker \(number) could not be started: \(error)")
            later(index, lived: .zero)
        }
    }

    /// How long a worker may take to serve.
    private static let patience = Duration.seconds(60)

    private func conclude(_ index: Int, _ pid: Int32, _ error: HandoverError?) {
        guard let child = places[index].starting, child.pid == pid else { return }
        places[index].starting = nil
        let number = places[index].number
        if let error {
            part(index, pid)
            log(.error, "worker \(number) (pid \(pid)) does not serve: \(error)")
            guard stops == 0 else { return }
            if places[index].serving == nil { return later(index, lived: .zero) }
            toReplace = []
            return log(.error, "the workers of before serve on: correct what is wrong, and send SIGUSR2 again")
        }
        if stops > 0 {
            part(index, pid)
            child.send(SIGTERM)
            places[index].ending.append(child)
            return
        }
        if let old = places[index].serving?.process {
            part(index, old.pid)
            old.send(SIGTERM)
            places[index].ending.append(old)
        }
        places[index].serving = (child, .now)
        rounds.serves(pid)
        exchange.serves(pid, number: number)
        log(.info, "worker \(number) serves (pid \(pid))")
        if !hasServed, places.allSatisfy({ $0.serving != nil }) {
            hasServed = true
            log(.info, greeting)
            manager.tell(.ready)
        }
        if toReplace.first == index {
            toReplace.removeFirst()
            replaceNext()
        }
    }

    private func reap() {
        for index in places.indices {
            let number = places[index].number
            places[index].ending.removeAll { child in
                guard let end = child.end else { return false }
                let isClean = end == .exited(0)
                log(isClean ? .info : .warning, "worker \(number) (pid \(child.pid)) has ended: \(end)")
                return true
            }
            guard let (child, since) = places[index].serving, let end = child.end else { continue }
            places[index].serving = nil
            part(index, child.pid)
            let isOver = stops > 0 && end == .exited(0)
            let what = isOver ? "has ended" : "died"
            log(isOver ? .info : .warning, "worker \(number) (pid \(child.pid)) \(what): \(end)")
            if stops == 0, places[index].starting == nil { later(index, lived: .now - since) }
        }
    }

    private func later(_ index: Int, lived: Duration) {
        let delay = places[index].delay.next(afterLifeOf: lived)
        places[index].restart = .now + delay
        if delay > .zero { log(.warning, "worker \(places[index].number) is started anew in \(delay)") }
    }

    private func restartDue() {
        for index in places.indices where places[index].restart.map({ $0 <= .now }) == true && stops == 0 {
            start(index)
        }
    }

    /// A worker that could not serve at the very first start won't the next time.
    private func giveUp() -> Int32 {
        for child in places.flatMap(\.processes) { child.send(SIGKILL) }
        for child in places.flatMap(\.processes) { _ = child.awaitEnd() }
        return 1
    }

    // MARK: Changes of the configuration

    private func hear(_ port: WorkerPort, of pid: Int32) {
        port.flush()
        guard let frames = port.receive() else { return forget(pid) }
        for frame in frames {
            switch frame {
            case .message(let message): rounds.hear(message, from: pid)
            case .parcel(let parcel): exchange.hear(parcel, from: pid)
            }
        }
    }

    /// Sends what there is to be said.
    private func post() {
        while true {
            let (messages, notes) = rounds.take()
            for note in notes { log(.warning, note) }
            let parcels = exchange.take()
            guard !messages.isEmpty || !parcels.isEmpty else { return }
            for (pid, message) in messages where port(of: pid)?.send(message) == false { forget(pid) }
            for (pid, parcel) in parcels where port(of: pid)?.send(parcel) == false { forget(pid) }
        }
    }

    private func port(of pid: Int32) -> WorkerPort? { places.lazy.compactMap { $0.ports[pid] }.first }

    /// A worker's channel has ended, and soon the worker has.
    private func forget(_ pid: Int32) {
        for index in places.indices where places[index].ports[pid] != nil { part(index, pid) }
    }

    private func part(_ index: Int, _ pid: Int32) {
        places[index].ports[pid] = nil
        rounds.leave(pid)
        exchange.leave(pid)
    }

    // MARK: Signals

    private func stop() {
        stops += 1
        let running = places.flatMap(\.processes)
        if stops > 1 {
            log(.warning, "stopped at once")
            for child in running { child.send(SIGKILL) }
            return
        }
        log(.info, "stopping: \(running.count) workers drain")
        manager.tell(.stopping)
        toReplace = []
        sockets.closeCopies()
        for index in places.indices { places[index].restart = nil }
        // One that does not serve yet is told when it does.
        for place in places { place.serving?.process.send(SIGTERM) }
    }

    private func reload() {
        do {
            _ = try load()
        } catch let error as ConfigurationError {
            for problem in error.problems { log(.error, "the configuration stays as it was: \(problem)") }
            return
        } catch {
            return log(.error, "the configuration stays as it was: \(error)")
        }
        manager.tell(.reloading)
        // In the order of what else is changed of it.
        rounds.reload()
        manager.tell(.ready)
    }

    /// Replaces the workers one after the other, each when the one before serves.
    private func replaceAll() {
        guard stops == 0 else { return log(.warning, "stopping: no worker is replaced") }
        guard toReplace.isEmpty else { return log(.warning, "the workers are being replaced already") }
        do {
            let wanted = try load()
            try makeIdentities(wanted)
            try sockets.open(wanted)
            configuration = wanted
        } catch {
            return log(.error, "the workers stay as they are: \(error)")
        }
        log(.notice, "replacing \(places.count) workers, one after the other")
        toReplace = Array(places.indices)
        replaceNext()
    }

    private func replaceNext() {
        while let index = toReplace.first {
            guard places[index].serving != nil, places[index].starting == nil else {
                // A dead one is started anew anyway, and one that is being started is new.
                toReplace.removeFirst()
                continue
            }
            return start(index)
        }
        sockets.keep(configuration)
        log(.notice, "the workers are replaced")
    }

    private var greeting: String {
        let addresses = zip(configuration.places, configuration.listeners).compactMap { name, listener in
            sockets.address(of: name).map { address in
                address.port == nil ? "\(address)" : "\(listener.tls == nil ? "http" : "https")://\(address)"
            }
        }
        let loops = configuration.loops.loops ?? 1
        return "serving on \(addresses.joined(separator: ", ")) with \(places.count) workers of \(loops) "
            + (loops == 1 ? "loop" : "loops")
    }
}

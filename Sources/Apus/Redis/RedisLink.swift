#if Redis && canImport(CHiredis)
    import ApusNet
    import ApusRuntime

    /// One loop's connection to Redis: sends commands as they come, without waiting for earlier replies, and gives each
    /// reply to the one who waits for it. Belongs to the loop.
    ///
    /// ```
    /// idle ── a command ──► reaching ── connected ──► greeting ── AUTH, SELECT answered ──► ready
    ///  ▲                       │                         │                                          │
    ///  │                       └────── refused, late ────┴──── broken, a command is late ───────────┤
    ///  │                                                                                            ▼
    ///  └──── ended in order, nothing waits ◄────────────────────────────────── resting: a pause, then reaching again
    /// ```
    ///
    /// The first commands wait for the connection. Once it has failed, commands are told so at once until it stands
    /// again, so that no request waits for a Redis that is away.
    final class RedisLink: ConnectionHandler, LoopLocal {
        private enum State {
            case idle
            case resolving
            case reaching(Connection)
            case greeting(Connection, left: Int)
            case ready(Connection)
            case resting(ScheduledWork)
            case ended
        }

        private let loop: EventLoop
        private let configuration: RedisConfiguration
        private let log: Log
        private var state = State.idle
        private var calls = RedisCallQueue()
        /// Commands that wait for the connection.
        private var unsent: [UInt8] = []
        private var reader = RedisReader()
        /// The bytes of the reply that is not whole yet.
        private var unread = 0
        private var alarm: ScheduledWork?
        private var failures = 0
        private var lastFailure = ""
        /// What was tried last.
        private var address: SocketAddress?
        /// What the loop knows the link by, kept so that no other can come to its address while the loop lives.
        private let owner: AnyObject

        init(_ configuration: RedisConfiguration, _ log: Log, on loop: EventLoop, owner: AnyObject) {
            self.configuration = configuration
            self.log = log
            self.loop = loop
            self.owner = owner
        }

        // MARK: Commands

        /// Sends a command, and gives its reply to a task.
        func call(_ command: RedisCommand, _ continuation: UnsafeContinuation<RedisCall.Reply, Never>) {
            let call = unsafe RedisCall(receiver: .task(continuation), deadline: deadline)
            guard calls.count < configuration.mostWaiting else { return Self.answer(call, .failure(.overloaded)) }
            switch state {
            case .ready(let connection):
                add(call)
                return unsafe connection.write(command.bytes.span.bytes)
            case .ended: return Self.answer(call, .failure(.closed))
            case .resting: return Self.answer(call, .failure(.unavailable(lastFailure)))
            case .idle: break
            case .greeting, .resolving, .reaching:
                if failures > 0 { return Self.answer(call, .failure(.unavailable(lastFailure))) }
            }
            add(call)
            // The greetings were sent, and what waited with them: it follows.
            if case .greeting(let connection, _) = state { return unsafe connection.write(command.bytes.span.bytes) }
            unsent += command.bytes
            if case .idle = state { connect() }
        }

        private var deadline: UInt64 { loop.tick + configuration.timeout.clampedNanoseconds / 1_000_000 + 1 }

        private func add(_ call: RedisCall) {
            calls.append(call)
            if alarm == nil { setAlarm(at: call.deadline) }
        }

        private static func answer(_ call: RedisCall, _ reply: RedisCall.Reply) {
            guard case .task(let continuation) = call.receiver else { return }
            unsafe continuation.resume(returning: reply)
        }

        // MARK: Time

        /// One alarm for all calls: it looks at the first, which waits longest.
        private func setAlarm(at tick: UInt64) {
            let bound = LoopBound(self, to: loop)
            let delay = tick > loop.tick ? tick - loop.tick : 0
            alarm = loop.schedule(after: .milliseconds(Int64(delay))) { _ in bound.value.alarmRings() }
        }

        private func alarmRings() {
            alarm = nil
            guard let first = calls.first else { return }
            if first.deadline > loop.tick { setAlarm(at: first.deadline) } else { fail(.timedOut) }
        }

        // MARK: The connection

        private func connect() {
            if let address = SocketAddress(host: configuration.host, port: configuration.port) { return reach(address) }
            state = .resolving
            let bound = LoopBound(self, to: loop)
            let (host, port) = (configuration.host, configuration.port)
            Task(executorPreference: loop) {
                let addresses: Result<[SocketAddress], any Error>
                do {
                    addresses = .success(try await Resolver.addresses(of: host, port: port))
                } catch {
                    addresses = .failure(error)
                }
                bound.loop.execute { _ in bound.value.resolved(addresses) }
            }
        }

        private func resolved(_ addresses: Result<[SocketAddress], any Error>) {
            guard case .resolving = state else { return }
            switch addresses {
            // Another each time, so that one that doesn't answer keeps nobody from the next.
            case .success(let found): reach(found[failures % found.count])
            case .failure(let error): fail(.unavailable("\(error)"))
            }
        }

        private func reach(_ address: SocketAddress) {
            var options = ConnectOptions()
            options.timeout = configuration.timeout
            options.keepAlive = .seconds(60)
            self.address = address
            do {
                state = .reaching(try Connection.connect(to: address, on: loop, options: options, handler: self))
            } catch {
                fail(.unavailable("\(error)"))
            }
        }

        func connected(_ connection: Connection) {
            guard isCurrent(connection) else { return connection.abort() }
            reader = RedisReader()
            unread = 0
            var greetings: [RedisCommand] = []
            if let password = configuration.password {
                let user = configuration.username.map { [RedisArgument.text($0)] } ?? []
                greetings.append(RedisCommand("AUTH", arguments: user + [.text(password)]))
            }
            if configuration.database != 0 {
                greetings.append(RedisCommand("SELECT", .integer(configuration.database)))
            }
            // Shown by CLIENT LIST; and the answer tells that Redis is there, not only a socket.
            greetings.append(RedisCommand("CLIENT", "SETNAME", "apus"))
            state = .greeting(connection, left: greetings.count)
            // They come before the commands that wait already.
            let waiting = calls.takeAll()
            for greeting in greetings {
                unsafe connection.write(greeting.bytes.span.bytes)
                calls.append(RedisCall(receiver: .connection, deadline: deadline))
            }
            for call in waiting { calls.append(call) }
            unsafe connection.write(unsent.span.bytes)
            unsent = []
            // Anew, for those that come first now may wait longer than those behind them.
            alarm?.cancel()
            setAlarm(at: waiting.first?.deadline ?? deadline)
        }

        func received(_ bytes: RawSpan, on connection: Connection) -> Int {
            guard isCurrent(connection) else { return bytes.byteCount }
            unread += bytes.byteCount
            do throws(RedisReader.Failure) {
                try reader.feed(bytes)
                while isCurrent(connection), let value = try reader.next() {
                    unread = reader.pendingCount
                    take(value)
                }
                if unread > configuration.mostReplyBytes {
                    fail(.connectionLost("a reply is longer than \(configuration.mostReplyBytes) bytes"))
                }
            } catch {
                fail(.connectionLost(error.reason))
            }
            return bytes.byteCount
        }

        private func take(_ value: RedisValue) {
            guard let call = calls.popFirst() else { return fail(.connectionLost("a reply came to no command")) }
            var reply = RedisCall.Reply.success(value)
            if case .error(let message) = value { reply = .failure(.server(message)) }
            guard case .greeting(let connection, let left) = state else { return Self.answer(call, reply) }
            if case .failure(let error) = reply { return fail(.unavailable(error.description)) }
            state = left > 1 ? .greeting(connection, left: left - 1) : .ready(connection)
            if left == 1, failures > 0 {
                log(.notice, "Redis at \(configuration) is back")
                failures = 0
            }
        }

        func closed(_ connection: Connection, error: SystemError?) {
            guard isCurrent(connection) else { return }
            if case .ready = state, calls.count == 0, error == nil {
                // It was restarted, or tired of a client that says nothing.
                state = .idle
            } else if case .reaching = state {
                fail(.unavailable(reason(error)))
            } else {
                fail(.connectionLost(error.map { "\($0)" } ?? "Redis closed it"))
            }
        }

        private func reason(_ error: SystemError?) -> String {
            guard let error, let address else { return "the connection ended as it began" }
            return "\(SocketError(connecting: error, to: address))"
        }

        private func isCurrent(_ connection: Connection) -> Bool {
            switch state {
            case .reaching(let own), .greeting(let own, _), .ready(let own): own === connection
            // `connect` may tell of the end before it has returned.
            case .idle, .resolving, .resting, .ended: false
            }
        }

        // MARK: Failure

        /// Gives the connection up, and has everybody who waits know; the next attempt is made after a pause.
        private func fail(_ error: RedisError) {
            let broken: Connection? =
                switch state {
                case .reaching(let connection), .greeting(let connection, _), .ready(let connection): connection
                case .idle, .resolving, .resting, .ended: nil
                }
            if failures == 0 { log(.warning, "Redis at \(configuration): \(error); trying again") }
            failures += 1
            lastFailure = "\(error)"
            let bound = LoopBound(self, to: loop)
            state = .resting(loop.schedule(after: pause) { _ in bound.value.restIsOver() })
            broken?.abort()
            end(calls: error)
        }

        private func end(calls error: RedisError) {
            alarm?.cancel()
            alarm = nil
            unsent = []
            for call in calls.takeAll() { Self.answer(call, .failure(error)) }
        }

        private func restIsOver() {
            if case .resting = state { connect() }
        }

        /// Twice as long after each failure, shortened by up to a half.
        private var pause: Duration {
            var whole = configuration.firstPause
            for _ in 1..<max(failures, 1) where whole < configuration.longestPause { whole = whole * 2 }
            whole = min(whole, configuration.longestPause)
            return whole / 2 + whole * Double.random(in: 0..<0.5)
        }

        func loopEnds() {
            if case .resting(let work) = state { work.cancel() }
            state = .ended
            end(calls: .closed)
        }
    }
#endif

#if Redis
    @testable import Apus
    import ApusRuntime
    import ApusTesting
    import Testing

    @Suite("A client of Redis", .enabled(if: RedisProcess.isInstalled, RedisProcess.advice), .timeLimit(.minutes(2)))
    struct RedisClientTests {
        /// Runs on a loop of its own.
        private func onLoop(clock: TestClock? = nil, _ body: (EventLoop) async throws -> Void) async throws {
            try await withThreadOfItsOwn(clock: clock) { try await body(EventLoop.current!) }
        }

        /// Why a command failed; nil when it did not.
        private func error(of redis: RedisClient, _ command: RedisCommand, on loop: EventLoop) async -> RedisError? {
            do throws(RedisError) {
                _ = try await redis.send(command, on: loop)
                return nil
            } catch {
                return error
            }
        }

        private func isUnavailable(_ redis: RedisClient, on loop: EventLoop) async -> Bool {
            if case .unavailable = await error(of: redis, RedisCommand("PING"), on: loop) { true } else { false }
        }

        @Test("replies of every kind are given back, and no argument becomes a command")
        func replies() async throws {
            let server = try RedisProcess()
            let redis = RedisClient(server.configuration, log: .none)
            try await onLoop { loop in
                #expect(try await redis.send(RedisCommand("PING"), on: loop) == .status("PONG"))
                #expect(try await redis.send(RedisCommand("SET", "n", 41), on: loop).text == "OK")
                #expect(try await redis.send(RedisCommand("INCR", "n"), on: loop) == .integer(42))
                #expect(try await redis.send(RedisCommand("GET", "n"), on: loop).integer == 42)
                #expect(try await redis.send(RedisCommand("GET", "none"), on: loop) == .null)
                let bytes = (0...255).map { UInt8($0) } + Array("\r\n*1\r\n$8\r\nFLUSHALL\r\n".utf8)
                _ = try await redis.send(RedisCommand("SET", "b", .bytes(bytes)), on: loop)
                #expect(try await redis.send(RedisCommand("GET", "b"), on: loop) == .bytes(bytes))
                let empty = try await redis.send(RedisCommand("ECHO", ""), on: loop)
                #expect(empty == .bytes([]))
                let reply = try await redis.send(
                    RedisCommand("EVAL", "return {1, {'a', false}, {ok = 'fine'}, {err = 'NOT so'}}", 0), on: loop)
                #expect(
                    reply
                        == .array([
                            .integer(1), .array([.bytes([0x61]), .null]), .status("fine"), .error("NOT so"),
                        ]))
                #expect(
                    await error(of: redis, RedisCommand("LPUSH", "n", 1), on: loop)
                        == .server("WRONGTYPE Operation against a key holding the wrong kind of value"))
                #expect(try await redis.send(RedisCommand("GET", "n"), on: loop).integer == 42)
            }
        }

        @Test("many tasks send at once over one connection, and each has its own reply, a large one too")
        func pipelining() async throws {
            let server = try RedisProcess()
            let redis = RedisClient(server.configuration, log: .none)
            try await onLoop { loop in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in 0..<500 {
                        group.addTask {
                            let text = String(repeating: "\(index),", count: index % 50 == 0 ? 20_000 : 3)
                            return try await redis.send(RedisCommand("ECHO", .text(text)), on: loop).text == text
                        }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
                let clients = try await redis.send(RedisCommand("CLIENT", "LIST"), on: loop).text ?? ""
                #expect(clients.split(separator: "\n").count == 1)
                #expect(clients.contains("name=apus"))
            }
        }

        @Test("it shows its password and chooses its database; a wrong password is told, and not shown")
        func greeting() async throws {
            let server = try RedisProcess("--requirepass", "s3cret")
            let lines = LogLines()
            var configuration = server.configuration
            configuration.password = "s3cret"
            configuration.database = 3
            let redis = RedisClient(configuration, log: .none)
            configuration.password = "wr0ng"
            let stranger = RedisClient(configuration, log: lines.log)
            try await onLoop { loop in
                #expect(try await redis.send(RedisCommand("SET", "a", 1), on: loop).text == "OK")
                let info = try await redis.send(RedisCommand("CLIENT", "INFO"), on: loop).text
                #expect(info?.contains(" db=3 ") == true)
                let failure = await error(of: stranger, RedisCommand("GET", "a"), on: loop)
                guard case .unavailable(let reason) = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
                #expect(reason.contains("WRONGPASS"))
                #expect(!reason.contains("wr0ng"))
            }
            await lines.wait(for: "WRONGPASS")
            #expect("\(configuration)" == server.host)
        }

        @Test("a Redis that goes away is told at once, and is used again when it has come back")
        func restart() async throws {
            let server = try RedisProcess()
            let lines = LogLines()
            let redis = RedisClient(server.configuration, log: lines.log)
            try await onLoop { loop in
                for _ in 0..<3 {
                    #expect(try await redis.send(RedisCommand("PING"), on: loop).text == "PONG")
                    server.crash()
                    // The end of the connection may not have come yet; then it comes in place of the reply.
                    #expect(
                        await error(of: redis, RedisCommand("PING"), on: loop) != nil)
                    for _ in 0..<100 {
                        #expect(await isUnavailable(redis, on: loop))
                    }
                    try server.start()
                    await lines.wait(for: "is back")
                }
                #expect(try await redis.send(RedisCommand("PING"), on: loop).text == "PONG")
            }
        }

        @Test("nobody waits longer than the timeout for a Redis that hangs, nor in a longer line than allowed")
        func hanging() async throws {
            let server = try RedisProcess()
            let lines = LogLines()
            var configuration = server.configuration
            configuration.timeout = .milliseconds(300)
            configuration.firstPause = .milliseconds(100)
            configuration.longestPause = .milliseconds(100)
            configuration.mostWaiting = 8
            let redis = RedisClient(configuration, log: lines.log)
            let clock = TestClock()
            try await onLoop(clock: clock) { loop in
                #expect(await error(of: redis, RedisCommand("PING"), on: loop) == nil)
                server.freeze()
                let ended = Lock(0)
                await withTaskGroup(of: RedisError?.self) { group in
                    for _ in 0..<10 {
                        group.addTask {
                            let failure = await error(of: redis, RedisCommand("PING"), on: loop)
                            ended.withLock { $0 += 1 }
                            return failure
                        }
                    }
                    // Time stands still: these are the two for whom the line is too long, and the others wait.
                    for _ in 0..<2 { #expect(await group.next() == RedisError?.some(.overloaded)) }
                    await clock.advance(by: .milliseconds(290))
                    #expect(ended.withLock { $0 } == 2)
                    await clock.advance(by: .milliseconds(20))
                    #expect(ended.withLock { $0 } == 10)
                    for await failure in group { #expect(failure == .timedOut) }
                }
                #expect(await isUnavailable(redis, on: loop))
                server.thaw()
                // The pause, and less than the timeout: the next attempt has all the time that it needs.
                await clock.advance(by: .milliseconds(100))
                await lines.wait(for: "is back")
                #expect(await error(of: redis, RedisCommand("PING"), on: loop) == nil)
            }
        }

        @Test("what is no reply, too long a reply, and one too many end the connection")
        func hostile() async throws {
            for (answer, reason) in [
                ("HTTP/1.1 400 Bad Request\r\n\r\n", "Protocol error"), ("+OK\r\n?\r\n", "Protocol error"),
                ("+OK\r\n$99999999999\r\n" + String(repeating: "x", count: 3000), "longer than 2000"),
                ("+OK\r\n+PONG\r\n+PONG\r\n", "no command"),
            ] {
                let lines = LogLines()
                try await onLoop { loop in
                    let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
                    let listener = try AsyncListener.listen(on: .ipv4(.loopback, port: 0), group: group)
                    let serving = Task {
                        await listener.serve { connection in
                            _ = try await connection.read()
                            try await connection.write(answer)
                            try await connection.waitUntilClosed()
                        }
                    }
                    var configuration = RedisConfiguration(host: "127.0.0.1", port: listener.address.port!)
                    configuration.mostReplyBytes = 2000
                    configuration.timeout = .seconds(10)
                    let redis = RedisClient(configuration, log: lines.log)
                    _ = await error(of: redis, RedisCommand("PING"), on: loop)
                    await lines.wait(for: reason)
                    serving.cancel()
                    await serving.value
                    group.shutdown()
                }
            }
        }

        @Test("a host that nobody knows, and a port where nobody listens, are told")
        func unreachable() async throws {
            for (host, port, reason) in [("no-such-host.invalid", 6379, "no known host"), ("127.0.0.1", 1, "accepts")] {
                var configuration = RedisConfiguration(host: host, port: UInt16(port))
                configuration.timeout = .seconds(30)
                let redis = RedisClient(configuration, log: .none)
                try await onLoop { loop in
                    guard case .unavailable(let told) = await error(of: redis, RedisCommand("PING"), on: loop) else {
                        Issue.record("not told")
                        return
                    }
                    #expect(told.contains(reason))
                }
            }
        }

        @Test("the digests of scripts are what Redis computes")
        func digests() async throws {
            let server = try RedisProcess()
            let redis = RedisClient(server.configuration, log: .none)
            try await onLoop { loop in
                for script: RedisScript in [.tokenBucket, .slidingWindow] {
                    let loaded = try await redis.send(RedisCommand("SCRIPT", "LOAD", .text(script.text)), on: loop)
                    #expect(loaded.text == script.digest)
                }
            }
        }
    }
#endif

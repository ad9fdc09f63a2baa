#if Redis
    @testable import Apus
    import Testing

    @Suite(
        "Rate limits counted in Redis", .enabled(if: RedisProcess.isInstalled, RedisProcess.advice),
        .timeLimit(.minutes(2)))
    struct RedisRateLimitTests {
        private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

        @Test("several servers count together, exactly, by either rule")
        func shared() async throws {
            let server = try RedisProcess()
            for rule: RateLimitRule in [
                .tokenBucket(50, per: .seconds(86400), name: "bucket"),
                .slidingWindow(50, per: .seconds(86400 * 30), name: "window"),
            ] {
                try await withThreadOfItsOwn {
                    let loop = EventLoop.current!
                    let stores = (0..<3).map { _ in
                        RedisRateLimitStore(rule, RedisClient(server.configuration, log: .none))
                    }
                    let decisions = try await withThrowingTaskGroup(of: RateLimitDecision.self) { group in
                        for index in 0..<300 {
                            group.addTask {
                                try await stores[index % 3].take(1, of: RateLimitKey("a\r\nb \(index % 2)"), on: loop)
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(decisions.filter(\.isAllowed).count == 100)
                    #expect(decisions.filter { $0.isAllowed && $0.remaining == 0 }.count == 2)
                    #expect(decisions.allSatisfy { $0.isAllowed == ($0.retryAfter == .zero) })
                    #expect(stores.allSatisfy { $0.failureCount == 0 })
                    let refused = try await stores[0].take(1, of: RateLimitKey("a\r\nb 0"), on: loop)
                    #expect(refused.retryAfter > .seconds(1))
                    #expect(refused.retryAfter <= refused.reset)
                    #expect(try await stores[0].take(20, of: RateLimitKey("c"), on: loop).remaining == 30)
                    #expect(try await !stores[1].take(40, of: RateLimitKey("c"), on: loop).isAllowed)
                    #expect(try await stores[2].take(30, of: RateLimitKey("c"), on: loop).remaining == 0)
                }
            }
        }

        @Test("counts expire, and a Redis whose clock is turned back keeps nobody out for longer than the rule does")
        func clocks() async throws {
            let server = try RedisProcess()
            let redis = RedisClient(server.configuration, log: .none)
            try await withThreadOfItsOwn {
                let loop = EventLoop.current!
                let bucket = RedisRateLimitStore(.tokenBucket(10, per: .seconds(100), name: "b"), redis)
                _ = try await bucket.take(1, of: RateLimitKey("k"), on: loop)
                let left = try await redis.send(RedisCommand("PTTL", "apus:limit:b:k"), on: loop).integer ?? 0
                #expect((5_000...10_000).contains(left))
                _ = try await redis.send(RedisCommand("SET", "apus:limit:b:k", "99999999999999999.5"), on: loop)
                let refused = try await bucket.take(1, of: RateLimitKey("k"), on: loop)
                #expect(!refused.isAllowed)
                #expect(refused.retryAfter == .seconds(10))

                let window = RedisRateLimitStore(.slidingWindow(10, per: .seconds(100), name: "w"), redis)
                _ = try await window.take(10, of: RateLimitKey("k"), on: loop)
                let rest = try await redis.send(RedisCommand("PTTL", "apus:limit:w:k"), on: loop).integer ?? 0
                #expect((90_000...200_000).contains(rest))
                _ = try await redis.send(RedisCommand("SET", "apus:limit:w:k", "99999999999999 10 10"), on: loop)
                #expect(try await window.take(1, of: RateLimitKey("k"), on: loop).remaining == 9)
            }
        }

        @Test("while Redis is away requests pass, are refused or are counted here, and wait for nothing")
        func policies() async throws {
            let server = try RedisProcess()
            let lines = LogLines()
            for (failure, statuses) in [
                (RedisRateLimitStore.Failure.allow, [200, 200, 200]), (.refuse, [503, 503, 503]),
                (.countHere, [200, 200, 429]),
            ] {
                let redis = RedisClient(server.configuration, log: lines.log)
                let rule = RateLimitRule.tokenBucket(2, per: .seconds(86400), name: "\(failure)")
                try await serving(
                    { _ in },
                    { app in
                        app.use(RateLimit(store: RedisRateLimitStore(rule, redis, failure: failure)))
                        app.get("/") { _ in "" }
                    }
                ) { address in
                    let client = try RawClient(address)
                    func ask(_ statuses: [Int]) throws {
                        for status in statuses {
                            client.send(get)
                            let answer = try client.response()
                            #expect(answer.status == status, "\(failure)")
                            #expect((answer["retry-after"] != nil) == (status != 200))
                        }
                    }
                    try ask([200, 200, 429])
                    server.crash()
                    try ask(statuses)
                    try server.start()
                    await lines.wait(for: "is back")
                    // It kept nothing.
                    try ask([200, 200, 429])
                }
            }
        }
    }
#endif

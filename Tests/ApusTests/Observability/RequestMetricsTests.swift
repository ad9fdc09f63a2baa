import Apus
import ApusHTTP
import ApusTesting
import Testing

@Suite("Metrics of requests", .timeLimit(.minutes(2)))
struct RequestMetricsTests {
    private func register(_ app: Application) {
        app.get("/users/:id") { _ in "hello" }
        app.post("/users") { context in "\(try context.body.collect().count)" }
        app.on(HTTPMethod(rawValue: "PURGE")!)("/users") { _ in Status.noContent }
    }

    private func request(_ address: SocketAddress, _ line: String, _ rest: String = "") throws {
        let client = try RawClient(address)
        client.send("\(line) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(rest)\r\n")
        _ = try client.receiveAll()
    }

    @Test("requests are counted by method, template and status")
    func byRoute() async throws {
        try await measuring(register: register) { address, app in
            for user in 1...3 { try request(address, "GET /users/\(user)") }
            try request(address, "HEAD /users/7")
            try request(address, "PURGE /users")
            let post = try RawClient(address)
            post.send("POST /users HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")
            _ = try post.response()
            let scrape = try Scrape(address)
            #expect(scrape.isWellFormed(openMetrics: false))
            #expect(scrape[#"apus_http_requests_total{method="GET",route="/users/:id",status="200"}"#] == 3)
            #expect(scrape[#"apus_http_requests_total{method="HEAD",route="/users/:id",status="200"}"#] == 1)
            #expect(scrape[#"apus_http_requests_total{method="PURGE",route="/users",status="204"}"#] == 1)
            #expect(scrape[#"apus_http_request_content_bytes_total{method="POST",route="/users"}"#] == 4)
            #expect(scrape[#"apus_http_response_content_bytes_total{method="GET",route="/users/:id"}"#] == 15)
            #expect(scrape[#"apus_http_request_duration_seconds_count{method="GET",route="/users/:id"}"#] == 3)
            let all = #"apus_http_request_duration_seconds_bucket{method="GET",route="/users/:id",le="+Inf"}"#
            #expect(scrape[all] == 3)
            // Only the scrape itself.
            #expect(scrape["apus_http_requests_in_progress"] == 1)
        }
    }

    @Test("whatever paths and methods clients think of, there is one series for each method that is known")
    func boundedCardinality() async throws {
        try await measuring(register: register) { address, app in
            for index in 0..<50 { try request(address, "GET /nothing/\(index)") }
            for index in 0..<20 { try request(address, "M\(index) /nothing") }
            let client = try RawClient(address)
            client.send("nonsense\r\n\r\n")
            _ = try client.receiveAll()
            let family = try #require(app.metrics.snapshot()["apus_http_requests"])
            #expect(family.number(["method": "GET", "route": "none", "status": "404"]) == 50)
            #expect(family.number(["method": "other", "route": "none", "status": "501"]) == 20)
            #expect(family.number(["method": "other", "route": "none", "status": "400"]) == 1)
            #expect(family.series.count == 3)
        }
    }

    @Test("several loops count into one number, and no request is lost")
    func severalLoops() async throws {
        try await measuring(loops: 3, register: register) { address, app in
            let threads = 6
            let requests = 200
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<threads {
                    group.addTask {
                        try? await withThreadOfItsOwn {
                            let client = try RawClient(address)
                            for _ in 0..<requests {
                                client.send("GET /users/1 HTTP/1.1\r\nHost: a\r\n\r\n")
                                _ = try client.response()
                            }
                        }
                    }
                }
                // Reading meanwhile disturbs nobody.
                group.addTask { for _ in 0..<50 { _ = app.metrics.snapshot() } }
            }
            let family = try #require(app.metrics.snapshot()["apus_http_requests"])
            let labels: KeyValuePairs = ["method": "GET", "route": "/users/:id", "status": "200"]
            #expect(family.number(labels) == Double(threads * requests))
            let durations = app.metrics.snapshot()["apus_http_request_duration_seconds"]
            let histogram = try #require(durations?.histogram(["method": "GET", "route": "/users/:id"]))
            #expect(histogram.count == threads * requests && histogram.max < .seconds(60))
        }
    }

    @Test("a client that left before it was answered is counted as that")
    func unanswered() async throws {
        let witness = Witness()
        try await measuring(
            register: { app in
                app.get("/forever") { context async throws in
                    try await context.loop.sleep(for: .seconds(3600))
                    return "never"
                }
                witness.watch(app)
            }
        ) { address, app in
            let client = try RawClient(address)
            client.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n")
            client.reset()
            _ = try await witness.wait(for: 1)
            let snapshot = app.metrics.snapshot()
            #expect(snapshot["apus_http_request_failures"]?.number(["cause": "client-gone"]) == 1)
            #expect(snapshot["apus_http_requests_in_progress"]?.number() == 0)
        }
    }

    @Test("a route that is not observed is not counted, by either version of HTTP")
    func unobserved() async throws {
        let witness = Witness()
        try await measuring(
            register: { app in
                register(app)
                let bare = app.group("/bare", options: RouteOptions(isObserved: false))
                bare.get("/sync") { _ in "hello" }
                bare.get("/async") { _ async in "hello" }
                bare.get("/large") { _ in [UInt8](repeating: 7, count: 1 << 20) }
                witness.watch(app)
            }
        ) { address, app in
            for path in ["/bare/sync", "/bare/async", "/bare/large", "/users/1"] { try request(address, "GET \(path)") }
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/bare/sync"), Frame.request(3, "/bare/async"), Frame.request(5, "/users/2"))
            // Those that are answered inline come first.
            for stream: UInt32 in [1, 5, 3] { #expect(try client.answer(on: stream).status == 200) }
            let told = try await witness.wait(for: 2)
            #expect(told.map(\.path).sorted() == ["/users/1", "/users/2"])
            #expect(app.metrics.snapshot()["apus_http_requests"]?.series.count == 1)
            #expect(app.metrics.snapshot()["apus_http_requests_in_progress"]?.number() == 0)
        }
    }

    @Test("what exceeds a limit is counted by the limit's name")
    func limits() async throws {
        let clock = TestClock()
        try await measuring(clock: clock, configure: { $0.limits.body = 3 }, register: register) { address, app in
            try request(address, "POST /users", "Content-Length: 4\r\n")
            try request(address, "GET /\(String(repeating: "a", count: 20000))")
            try request(address, "GET /", "X: \(String(repeating: "a", count: 70000))\r\n")
            let slow = try RawClient(address)
            slow.send("GET /")
            _ = try await clock.advance(by: .seconds(1)) { try slow.receiveAll() }
            let idle = try RawClient(address)
            idle.send("GET /users/1 HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try idle.response()
            _ = try await clock.advance(by: .seconds(1)) { try idle.receiveAll() }
            let family = try #require(app.metrics.snapshot()["apus_limits_exceeded"])
            for limit in ["body", "request-line", "fields", "head-timeout", "idle-timeout"] {
                #expect(family.number(["limit": limit]) == 1, "\(limit)")
            }
            #expect(family.number(["limit": "write-stall-timeout"]) == 0)
        }
    }
}

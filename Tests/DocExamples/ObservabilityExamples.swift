import Apus
import Synchronization
import Testing

private final class Database: Sendable {
    func ping() async throws {}
}

private final class Carts: Sendable {
    var count: Int { 3 }
    func pay() async throws {}
}

@Suite("Examples of metrics, health and logs", .timeLimit(.minutes(1)))
struct ObservabilityExamples {
    @Test("metrics are served with the application's own")
    func metrics() async throws {
        try await asking { app in
            // example: Metrics.swift, MetricsAndHealth.md
            let uploads = app.metrics.counter("uploads_total", help: "Files that were uploaded.")
            app.post("/upload") { context async throws in
                let file = try await context.body.collect()
                uploads.add()
                return "\(file.count) bytes"
            }
            app.serveMetrics()
            // end
        } test: { ask async throws in
            #expect(try await ask.post("/upload", "abc").content == "3 bytes")
            let text = try await ask("/metrics").content
            #expect(text.contains("\nuploads_total 1\n"))
            #expect(text.contains(#"apus_http_requests_total{method="POST",route="/upload",status="200"} 1"#))
        }
    }

    @Test("numbers of one's own, and what observers are told")
    func own() async throws {
        let carts = Carts()
        let alarms = Mutex<[String]>([])
        @Sendable func alarm(_ text: String) { alarms.withLock { $0.append(text) } }
        try await asking { app in
            // example: MetricsAndHealth.md
            let paid = app.metrics.counter("orders_total", help: "Orders.", labels: ["kind": "paid"])
            let paying = app.metrics.histogram("payment_seconds", help: "How long paying takes.")
            app.metrics.gauge("carts_open", help: "Carts that are open.") { Double(carts.count) }
            app.post("/orders") { context async throws in
                let began = ContinuousClock.now
                try await carts.pay()
                paying.record(ContinuousClock.now - began)
                paid.add()
                return Status.created
            }
            // end
            // example: MetricsAndHealth.md
            app.observe { request in
                if let failure = request.failure, failure != .clientGone {
                    alarm("\(request.template ?? "no route"): \(failure.name) after \(request.duration)")
                }
            }
            // end
            app.serveMetrics()
        } test: { ask async throws in
            #expect(try await ask.post("/orders", "abc").status == 201)
            #expect(try await ask("/orders/\(String(repeating: "a", count: 20_000))").status == 414)
            let text = try await ask("/metrics").content
            #expect(text.contains(#"orders_total{kind="paid"} 1"#) && text.contains("\ncarts_open 3\n"))
            #expect(text.contains("\npayment_seconds_count 1\n"))
            #expect(alarms.withLock { $0.count == 1 && $0[0].hasPrefix("no route: limit-exceeded after ") })
        }
    }

    @Test("health answers by its checks")
    func health() async throws {
        let database = Database()
        try await asking { app in
            // example: Health.swift, MetricsAndHealth.md
            let health = Health()
            health.add("database", for: [.ready, .startup]) {
                try await database.ping()
                return .passed
            }
            app.serveHealth(health)
            // end
        } test: { ask async throws in
            for question in ["live", "ready", "startup"] {
                #expect(try await ask("/health/\(question)").status == 200)
            }
            #expect(try await ask("/health/ready").content.contains("\"database\":{\"status\":\"passed\""))
        }
    }

    /// Compiled only: they write where the tests run.
    private func logs(_ app: Application) throws {
        do {
            // example: AccessLog.swift, LoggingGuide.md
            let log = try AccessLog(to: .file("access.log"), .combined)
            app.logRequests(to: log)
            // end
        }
        do {
            // example: Log.swift, LoggingGuide.md
            let log = try Log.lines(to: .file("service.log"), as: .json)
            log(.warning, "the payment took long", ["order": 7, "seconds": 2.5])
            // end
        }
    }

    @Test("a log of some members, sampled")
    func accessLog() async throws {
        try await asking { app in
            // example: LoggingGuide.md
            var options = AccessLog.Options()
            options.sampling = 0.1
            options.alwaysAbove = .milliseconds(500)
            options.leavesOut = ["/health/live", "/health/ready"]
            options.omitsQuery = true
            let log = try AccessLog(
                to: .standardOutput, .json([.time, .client, .method, .path, .status, .duration, .requestID, .failure]),
                options: options)
            app.logRequests(to: log)
            // end
            app.serveHealth()
        } test: { ask async throws in
            #expect(try await ask("/health/live").status == 200)
        }
    }

    @Test("a log with fields, in a handler")
    func log() async throws {
        let lines = Mutex<[String]>([])
        let log = Log { _, text in lines.withLock { $0.append(text) } }
        func register(_ log: Log) -> Application {
            // example: LoggingGuide.md
            var configuration = ServerConfiguration()
            configuration.log = log
            configuration.loops.log = log
            let app = Application(configuration)
            app.get("/pay/:order") { context in
                let log = context.log.with(["request": LogValue(context.requestID)])
                log(.notice, "paid", ["order": LogValue(context.parameters["order"] ?? "")])
                return "paid"
            }
            // end
            return app
        }
        #expect(try register(log).routes().count == 1)
        log.with(["request": "r1"])(.notice, "paid", ["order": "7"])
        #expect(lines.withLock { $0 } == ["paid request=r1 order=7"])
    }

    @Test("a tally has one writer and any readers")
    func tally() {
        // example: Tally.swift
        let byStatus = Tally(count: 500)
        byStatus.add(1, at: 200 - 100)
        print(byStatus.value(at: 100))  // 1
        // end
        #expect(byStatus.value(at: 100) == 1)
    }
}

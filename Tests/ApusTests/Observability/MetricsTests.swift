import Apus
import Glibc
import Synchronization
import Testing

@Suite("Metrics of server, process and application", .timeLimit(.minutes(2)))
struct MetricsTests {
    @Test("connections, loops, memory, offloaded work and the process are shown")
    func layers() async throws {
        try await measuring(loops: 2) { address, app in
            let open = try RawClient(address)
            open.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try open.response()
            let scrape = try Scrape(address)
            #expect(scrape.isWellFormed(openMetrics: false))
            #expect(scrape[#"apus_connections_opened_total{listener="http"}"#] == 2)
            #expect(scrape[#"apus_connections_open{listener="http"}"#] == 2)
            #expect(scrape[#"apus_connections_rejected_total{listener="http",cause="full"}"#] == 0)
            for loop in 0..<2 {
                #expect(try #require(scrape[#"apus_loop_turns_total{loop="\#(loop)"}"#]) > 0)
                #expect(try #require(scrape[#"apus_loop_lag_seconds_count{loop="\#(loop)"}"#]) > 0)
                #expect(try #require(scrape[#"apus_loop_endpoints{loop="\#(loop)"}"#]) >= 1)
                #expect(scrape[#"apus_loop_timers{loop="\#(loop)"}"#] != nil)
                #expect(scrape[#"apus_buffer_bytes{loop="\#(loop)",state="in-use"}"#] != nil)
            }
            #expect(scrape["apus_offload_queued"] != nil)
            #expect(try #require(scrape["process_resident_memory_bytes"]) > 1_000_000)
            #expect(try #require(scrape["process_cpu_seconds_total"]) > 0)
            #expect(try #require(scrape["process_open_fds"]) > 3)
            #expect(try #require(scrape["process_max_fds"]) > 3)
            #expect(try #require(scrape["process_threads"]) > 2)
            // Later than 2020, and not in the future.
            let began = try #require(scrape["process_start_time_seconds"])
            #expect(began > 1_577_836_800 && began <= Double(time(nil)) + 1)
        }
    }

    @Test("pools are shown by name and protocol: what is open, what went and why, requests and bytes")
    func pools() async throws {
        try await measuring(register: { $0.get("/a") { _ in "a" } }) { address, _ in
            let gone = try RawClient(address)
            gone.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            _ = try gone.receiveAll()
            let open = try RawClient(address)
            open.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try open.response()
            // The connection that is gone may be counted a moment after its client has seen the end.
            var scrape = try Scrape(address)
            let labels = #"pool="http:http",protocol="http""#
            let left = "apus_pool_removed_total{\(labels),reason=\"completed\"}"
            while (scrape[left] ?? 0) < 1 { scrape = try Scrape(address) }
            #expect(scrape.isWellFormed(openMetrics: false))
            #expect(try #require(scrape["apus_pool_opened_total{\(labels)}"]) >= 3)
            #expect(scrape["apus_pool_health{\(labels)}"] == 0)
            #expect(try #require(scrape["apus_pool_requests_total{\(labels)}"]) >= 2)
            #expect(try #require(scrape["apus_pool_bytes_total{\(labels),direction=\"received\"}"]) > 40)
            #expect(try #require(scrape["apus_pool_request_duration_seconds_count{\(labels)}"]) >= 2)
            #expect(try #require(scrape["apus_pool_connection_lifetime_seconds_count{\(labels)}"]) >= 1)
            let idle = scrape["apus_pool_connections{\(labels),state=\"idle\"}"] ?? 0
            let active = scrape["apus_pool_connections{\(labels),state=\"active\"}"] ?? 0
            #expect(idle + active >= 1)
            #expect(scrape["apus_pool_limit{\(labels)}"] == nil)
        }
    }

    @Test("connections above a limit are counted by cause")
    func rejected() async throws {
        try await measuring(
            configure: { $0.listen.admission.connections = 1 }, register: { $0.get("/a") { _ in "a" } }
        ) { address, app in
            let first = try RawClient(address)
            first.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try first.response()
            let second = try RawClient(address)
            second.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try second.response().status == 503)
            let family = app.metrics.snapshot()["apus_connections_rejected"]
            #expect(family?.number(["listener": "http", "cause": "full"]) == 1)
            #expect(family?.number(["listener": "http", "cause": "address-full"]) == 0)
        }
    }

    @Test(
        "a collector gets OpenMetrics when it prefers it, else Prometheus' format",
        arguments: [
            (nil, false), ("*/*", false), ("text/plain", false), ("application/openmetrics-text", true),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
            ),
            ("application/openmetrics-text;q=0.5, text/plain;q=0.7", false),
        ] as [(String?, Bool)])
    func formats(accept: String?, isOpen: Bool) async throws {
        try await measuring { address, app in
            let scrape = try Scrape(address, accept: accept)
            #expect(scrape.isWellFormed(openMetrics: isOpen))
            let type =
                isOpen
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8"
            #expect(scrape.answer["content-type"] == type && scrape.answer["cache-control"] == "no-store")
            #expect(scrape.lines.contains("# UNIT apus_loop_lag_seconds seconds") == isOpen)
            #expect(scrape.lines.contains("# TYPE apus_loop_turns counter") == isOpen)
            #expect(scrape.lines.contains("# TYPE apus_loop_turns_total counter") == !isOpen)
            #expect((scrape.lines.last == "# EOF") == isOpen)
        }
    }

    @Test("an application's own numbers are shown with the server's, those of libraries too")
    func own() async throws {
        let shared = Metrics.shared.counter("library_calls_for_this_test", help: "Calls.")
        shared.add(2)
        try await measuring(
            register: { app in
                let orders = app.metrics.counter("orders_total", help: "Orders.", labels: ["kind": "web"])
                let open = app.metrics.gauge("carts_open", help: "Carts.")
                let paying = app.metrics.histogram("payment", help: "Paying.", bounds: [.milliseconds(1), .seconds(1)])
                app.metrics.gauge("temperature_celsius", help: "Of the room.") { 21.5 }
                app.get("/order") { _ in
                    orders.add()
                    open.add(3)
                    paying.record(.milliseconds(20))
                    return "ok"
                }
            }
        ) { address, app in
            let client = try RawClient(address)
            client.send("GET /order HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.response()
            let scrape = try Scrape(address)
            #expect(scrape[#"orders_total{kind="web"}"#] == 1 && scrape["carts_open"] == 3)
            #expect(scrape["temperature_celsius"] == 21.5 && scrape["library_calls_for_this_test_total"] == 2)
            #expect(scrape[#"payment_seconds_bucket{le="0.001"}"#] == 0)
            #expect(scrape[#"payment_seconds_bucket{le="1"}"#] == 1)
            let sum = try #require(scrape["payment_seconds_sum"])
            #expect(sum > 0.0198 && sum < 0.0202)
        }
    }

    @Test("the same name and labels are the same number, in any order of labels")
    func identity() {
        let metrics = Metrics()
        let one = metrics.counter("a", help: "A.", labels: ["x": "1", "y": "2"])
        let two = metrics.counter("a_total", help: "A.", labels: ["y": "2", "x": "1"])
        one.add(1)
        two.add(1)
        #expect(one === two && metrics.snapshot()["a"]?.series.count == 1)
        #expect(metrics.snapshot()["a"]?.number(["x": "1", "y": "2"]) == 2)
    }

    @Test("label values and help texts are escaped, names made valid")
    func escaping() {
        let metrics = Metrics()
        let evil = "a\"b\\c\nd\u{0}é"
        metrics.counter("1 bad-name", help: "One \\ two\n# TYPE injected counter", labels: ["le": evil, "9-x": "y"])
            .add(4)
        let text = metrics.snapshot().text(.prometheus)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == #"# HELP _1_bad_name_total One \\ two\n# TYPE injected counter"#)
        #expect(lines[1] == "# TYPE _1_bad_name_total counter")
        #expect(lines[2] == "_1_bad_name_total{_9_x=\"y\",le_=\"a\\\"b\\\\c\\nd\u{0}é\"} 4")
        let open = metrics.snapshot().text(.openMetrics).split(separator: "\n")
        #expect(open.last == "# EOF" && open[1] == "# TYPE _1_bad_name counter")
    }

    @Test("a histogram's buckets are cumulative, and its sum never falls")
    func histogram() throws {
        let metrics = Metrics()
        let histogram = metrics.histogram(
            "wait_seconds", help: "Waiting.", bounds: [.milliseconds(1), .milliseconds(10)])
        var sums: [Double] = []
        for microseconds in [500, 500, 9000, 490, 8000, 700_000, 3, 650_000] {
            histogram.record(.microseconds(microseconds))
            let lines = metrics.snapshot().text().split(separator: "\n")
            sums.append(
                try #require(lines.first { $0.hasPrefix("wait_seconds_sum ") }.flatMap { Double($0.dropFirst(17)) }))
        }
        #expect(sums == sums.sorted())
        let lines = metrics.snapshot().text().split(separator: "\n")
        #expect(lines.contains(#"wait_seconds_bucket{le="0.001"} 4"#))
        #expect(lines.contains(#"wait_seconds_bucket{le="0.01"} 6"#))
        #expect(lines.contains(#"wait_seconds_bucket{le="+Inf"} 8"#))
        #expect(lines.contains("wait_seconds_count 8"))
    }

    @Test("metrics can be read although a loop is held")
    func heldLoop() async throws {
        let gate = LoopHold()
        try await measuring(
            loops: 2,
            register: { app in
                app.get("/hold") { context in
                    gate.loop.withLock { $0 = context.loop.index }
                    gate.hold()
                    return "held"
                }
                app.get("/which") { context in "\(context.loop.index)" }
            }
        ) { address, app in
            let holding = try RawClient(address)
            holding.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let held = gate.waitUntilHeld()
            // The kernel spreads connections by chance: those on the held loop wait.
            var scraped = false
            var waiting: [RawClient] = []
            for _ in 0..<64 where !scraped {
                let client = try RawClient(address)
                client.send("GET /which HTTP/1.1\r\nHost: a\r\n\r\n")
                if client.answers(within: .milliseconds(200)) {
                    #expect(try client.response().text != "\(held)")
                    client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                    let text = try client.response().text
                    #expect(text.contains("apus_loop_turns_total{loop=\"\(held)\"}"))
                    scraped = true
                } else {
                    waiting.append(client)
                }
            }
            gate.release()
            #expect(scraped)
            _ = try holding.response()
        }
    }

    @Test("a server that has stopped shows nothing among the metrics any more")
    func stopped() async throws {
        var kept: Application?
        try await measuring { address, app in
            _ = try Scrape(address)
            #expect(app.metrics.snapshot()["apus_connections_open"] != nil)
            kept = app
        }
        #expect(kept?.metrics.snapshot().families.isEmpty == true)
    }
}

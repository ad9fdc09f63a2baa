import Testing

@testable import Apus
@testable import ApusArguments
@testable import ApusCLI
@testable import ApusDashboard

@Suite("The dashboard on the command line")
struct TopTests {
    private func top(_ line: String) -> TopOptions? {
        if case .run(.top(let options)) = parse(line) { options } else { nil }
    }

    @Test(
        "--admin takes an address and a port, a port of this machine, or a Unix socket",
        arguments: [
            ("127.0.0.1:9000", "127.0.0.1", "9000"), ("[::1]:9000", "::1", "9000"), (":9000", "127.0.0.1", "9000"),
            ("9000", "127.0.0.1", "9000"), ("localhost:0", "127.0.0.1", "0"),
            ("unix:/run/a.sock", "unix:/run/a.sock", nil),
        ])
    func admin(_ text: String, _ host: String, _ port: String?) throws {
        let serve = try #require(parse("serve --admin \(text)").serve)
        #expect(serve.value("admin.host") == host && serve.value("admin.port") == port)
    }

    @Test(
        "--admin refuses what is no place",
        arguments: ["127.0.0.1", ":", "::1", "a:b", "127.0.0.1:65536", "unix:", "127.0.0.1:-1", "::1:9000"])
    func noAdmin(_ text: String) {
        #expect(parse("serve --admin \(text)").mistakes.first?.contains("127.0.0.1:9090") == true)
    }

    @Test("the token's file is named by an option, which is a key of the configuration")
    func tokenFile() throws {
        let serve = try #require(parse("serve --admin 0.0.0.0:9000 --admin-token-file /run/token").serve)
        #expect(serve.value("admin.tokenFile") == "/run/token")
        #expect(throws: ConfigurationError.self) { _ = try serve.configuration(environment: [:]) }
        let open = try #require(parse("serve --admin 0.0.0.0:9000").serve)
        #expect(throws: ConfigurationError.self) { _ = try open.configuration(environment: [:]) }
        let variable = ["APUS_ADMIN_TOKEN": "0123456789abcdef"]
        #expect(try open.configuration(environment: variable).admin?.token == "0123456789abcdef")
    }

    @Test("top asks this machine unless it is told another place")
    func places() {
        #expect(top("top")?.place == .address(host: "127.0.0.1", port: 9090))
        #expect(top("top http://10.0.0.7:81/")?.place == .address(host: "10.0.0.7", port: 81))
        #expect(top("top :9000")?.place == .address(host: "127.0.0.1", port: 9000))
        #expect(top("top [::1]:9000")?.place.text == "http://[::1]:9000")
        #expect(top("top unix:/run/a.sock -1")?.once == true)
        for wrong in ["https://a", "ftp://a", "unix:", "http://a/#x", "http://[::1"] {
            #expect(parse(["top", wrong]).mistakes.count == 1, "\(wrong)")
        }
    }

    @Test("a screen is no wider and no longer than the terminal")
    func size() {
        for (columns, rows) in [(20, 5), (80, 24), (200, 60), (1, 1)] {
            let lines = TopScreen(sample: Self.sample, rates: [1, 2, 3], columns: columns, rows: rows).lines
            #expect(lines.count <= rows)
            #expect(lines.allSatisfy { $0.count <= columns })
        }
    }

    @Test("what does not fit says so, and no number is cut in two", arguments: 1...140)
    func narrow(_ columns: Int) {
        var sample = Self.sample
        sample.connections.open = 123_456
        let full = TopScreen(sample: sample, columns: 200).lines
        for (line, whole) in zip(TopScreen(sample: sample, columns: columns).lines, full).dropFirst()
        where line.hasSuffix("…") {
            #expect(line.count <= columns)
            let kept = line.dropLast()
            // Columns that share the width have their own share of it.
            guard whole.hasPrefix(kept), let last = kept.last, last.isNumber else { continue }
            #expect(whole.dropFirst(kept.count).first == " ", "\(line)")
        }
        let connections = TopScreen(sample: sample, columns: columns).lines[3]
        #expect(connections.hasSuffix("…") || connections == full[3])
        #expect(connections.contains("123,456") || !connections.contains { $0.isNumber })
    }

    @Test("80 by 24 has something of everything, and a larger terminal more of it, with nothing left out")
    func sections() {
        var sample = Self.sample
        sample.connections.groups = [
            .init(kind: "HTTP/1.1", activity: "idle", count: 1234),
            .init(kind: "HTTP/1.1", activity: "answering", count: 5),
            .init(kind: "HTTP/2 TLS", activity: "idle", count: 7), .init(kind: "echo", activity: "idle", count: 1),
        ]
        sample.limits = [.init(name: "requests", limit: 20, inFlight: 12, shedRate: 3)]
        sample.routes = Array(repeating: sample.routes[0], count: 12)
        sample.slowest = Array(repeating: sample.slowest[0], count: 12)
        let news = (1...30).map { number in
            DashboardNews(number: number, at: sample.at - 5000, level: .warning, kind: "limit", text: "event \(number)")
        }
        func screen(_ columns: Int, _ rows: Int?) -> [String] {
            TopScreen(sample: sample, news: news, columns: columns, rows: rows).lines
        }
        let small = screen(80, 24)
        #expect(small.count == 24)
        for heading in ["LOOP", "PROTOCOL", "POOL", "LIMIT", "ROUTE", "EVENT", "SLOWEST"] {
            #expect(small.contains { $0.hasPrefix(heading) }, "\(heading)")
        }
        #expect(small.contains { $0.hasPrefix("HTTP/1.1") && $0.contains("1,239") && $0.contains("1,234") })
        // The last event is the first that is shown.
        #expect(small.first { $0.contains("ago") }?.contains("5 s ago  limit         event 30") == true)
        let large = screen(120, 100)
        #expect(large.filter { $0.contains(" ago ") }.count == 30)
        #expect(large.filter { $0.hasPrefix("GET /a") }.count == 24)
        #expect(large.contains { $0.hasPrefix("HTTP/2 TLS") } && large.contains { $0.hasPrefix("echo") })
        #expect(screen(120, nil).filter { $0.contains(" ago ") }.count == 10)
    }

    @Test(
        "each section has a line, as far as rows go, and the rest are shared by those that have more",
        arguments: [
            (0, [0, 0, 0]), (1, [0, 0, 0]), (2, [1, 0, 0]), (5, [1, 2, 0]), (6, [1, 1, 1]), (9, [1, 3, 2]),
            (14, [1, 7, 3]), (29, [1, 9, 3]), (40, [1, 9, 3]),
        ])
    func rows(_ rows: Int, _ expected: [Int]) {
        let sections = [(1, "a"), (9, "b"), (3, "c")].map { count, name in
            TopLayout.Section(heading: name.uppercased(), lines: Array(repeating: name, count: count))
        }
        let lines = TopLayout.lines(of: sections, rows: rows)
        #expect(["a", "b", "c"].map { name in lines.filter { $0 == name }.count } == expected)
        #expect(lines.count <= rows)
        // Where there is room sections stand apart.
        #expect(lines.contains("") == (rows >= 30))
    }

    @Test("what a client sent can't steer the terminal, and a plain screen has no colours")
    func escapes() {
        var sample = Self.sample
        sample.slowest[0].path = "/\u{1B}[2J\u{9B}31m\u{202E}x\n"
        sample.listeners[0].reason = "\u{1B}]0;title\u{07}"
        sample.connections.groups = [.init(kind: "\u{1B}[5m", activity: "idle", count: .max)]
        let news = [DashboardNews(at: .min, level: .error, kind: "\u{1B}c", text: "\u{9B}2J")]
        let plain = TopScreen(sample: sample, news: news, columns: 120).lines.joined()
        #expect(
            plain.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value != 0x202E
            })
        let coloured = TopScreen(sample: sample, columns: 120, isColoured: true).lines.joined()
        #expect(coloured.contains("\u{1B}[31m") && !coloured.contains("\u{1B}[2J") && !coloured.contains("\u{1B}]"))
    }

    @Test("a loop that is held, and a server that does not answer, are seen")
    func trouble() {
        var sample = Self.sample
        sample.loops[0].answers = false
        let lines = TopScreen(sample: sample, columns: 120, trouble: "no answer").lines
        #expect(lines[0].contains("no answer") && lines.contains { $0.contains("held") })
    }

    @Test("of several workers it says how many there are, which are missing, and whose each loop and event is")
    func workers() {
        var sample = Self.sample
        (sample.server.worker, sample.server.workers) = (1, 3)
        #expect(TopScreen(sample: sample, columns: 200).lines[0].contains("worker 1 of 3"))
        sample.server.members = [.init(worker: 1, answers: true), .init(worker: 2), .init(worker: 3, answers: true)]
        sample.loops[0].worker = 3
        var one = DashboardNews(at: sample.at, level: .info, kind: "limit", text: "it is full")
        one.worker = 3
        let lines = TopScreen(sample: sample, news: [one], columns: 200).lines
        #expect(lines[0].contains("3 workers, without 2"))
        #expect(lines.contains { $0.hasPrefix("3-0 ") } && lines.contains { $0.contains("worker 3: it is full") })
    }

    @Test("numbers of any size are shown", arguments: [0, 1, 1e-300, 1e300, -1, Double.greatestFiniteMagnitude])
    func numbers(_ number: Double) {
        var sample = Self.sample
        sample.uptime = number
        sample.requests.rate = number
        sample.requests.byStatus[4] = number
        sample.latency.p99 = number
        sample.connections.opened = number
        sample.process.processor = number
        sample.loops[0].processor = number
        sample.loops[0].requests = number
        sample.routes[0].rate = number
        sample.routes[0].errors = number
        sample.slowest[0].total = number
        #expect(!TopScreen(sample: sample, rates: [number, 1], columns: 120).lines.isEmpty)
    }

    private static let sample: DashboardSample = {
        let text = """
            {"number":7,"at":1,"interval":1,"uptime":61,
            "server":{"places":["http://127.0.0.1:8080"],"driver":"epoll","processor":2,"isStopping":false},
            "requests":{"rate":1234.5,"total":99,"byStatus":[0,1,0,0,2,0],"inProgress":3,"received":0,"sent":0},
            "latency":{"count":1,"p50":1,"p90":2,"p99":3,"p999":4,"max":5000000,"heat":[]},
            "connections":{"open":5,"opened":1,"refused":0,"groups":[],"isFresh":true},
            "loops":[{"index":0,"answers":true,"processor":0.95,"turns":1,"lagP50":1,"lagP99":2,"lagMax":3,"requests":4,
            "connections":5,"timers":6,"buffersInUse":7,"buffersCached":8,"bufferHits":1}],
            "process":{"processor":1,"resident":1000000,"descriptors":9,"mostDescriptors":10,"threads":3},
            "work":{"threads":0,"queued":0,"running":0,"completed":0,"rejected":0},
            "routes":[{"method":"GET","route":"/a","rate":1,"total":2,"p50":1,"p99":2,"errors":0.5}],
            "slowest":[{"at":1,"method":"GET","path":"/a","route":"/a","status":200,"total":10,"receiving":1,"handling":8,
            "sending":1,"received":0,"sent":1,"client":"127.0.0.1:1","version":"HTTP/1.1","loop":0}],
            "pools":[],"listeners":[{"name":"http","kind":"listener","health":"overloaded","reason":"all 5 places are taken","active":5,
            "idle":0,"waiting":0,"opened":9,"rejected":2,"timeouts":0,"failures":0}]}
            """
        guard let sample = try? DashboardSample.decode(Array(text.utf8)) else { fatalError("the sample is none") }
        return sample
    }()
}

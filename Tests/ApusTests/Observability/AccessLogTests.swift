import Apus
import ApusHTTP
import Foundation
import Glibc
import Testing

/// Serves an application that logs to a file; `test` gets what asks for the lines.
private func logging(
    _ format: AccessLogFormat, loops: Int = 1, options: AccessLog.Options = AccessLog.Options(),
    configure: (inout ServerConfiguration) -> Void = { _ in }, register: (Application) -> Void = { _ in },
    test: (SocketAddress, LoggedLines) async throws -> Void
) async throws {
    let folder = try TestFolder()
    let log = try AccessLog(to: .file("\(folder.path)/log"), format, options: options, log: .none)
    let lines = LoggedLines(log: log, path: "\(folder.path)/log", witness: Witness())
    try await serving(
        loops: loops, configure,
        { app in
            app.get("/hello/:name") { _ in "hello" }
            app.get("/named") { context in "\(context.requestID)" }
            app.get("/live") { _ in "live" }
            app.get("/missing") { _ -> String in throw HTTPError(.notFound) }
            register(app)
            app.logRequests(to: log)
            lines.witness.watch(app)
        }, test: { try await test($0, lines) })
    withExtendedLifetime(folder) {}
}

private struct LoggedLines {
    let log: AccessLog
    let path: String

    /// Is told of each request behind its line.
    let witness: Witness

    /// The lines, once there are as many.
    func callAsFunction(_ count: Int) async throws -> [String] {
        while true {
            let seen = witness.all.count
            log.flush()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
            if lines.count >= count { return lines }
            // What was answered is logged in the same turn of the loop, or a few later.
            _ = try await witness.wait(for: seen + 1)
        }
    }

    func objects(_ count: Int) async throws -> [[String: Any]] {
        try await self(count).map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }
}

@Suite("The access log", .timeLimit(.minutes(2)))
struct AccessLogTests {
    private func ask(_ address: SocketAddress, _ request: String) throws {
        let client = try RawClient(address)
        client.send(request)
        _ = try client.receiveAll()
    }

    private func ask(_ address: SocketAddress, _ bytes: [UInt8]) throws {
        let client = try RawClient(address)
        client.send(bytes)
        _ = try client.receiveAll()
    }

    @Test("the common form has client, time, request line, status and bytes")
    func common() async throws {
        try await logging(.common) { address, lines in
            try ask(address, "GET /hello/ada?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try ask(address, "HEAD /hello/ada HTTP/1.0\r\n\r\n")
            let found = try await lines(2)
            let time = #/127\.0\.0\.1 - - \[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000\] /#
            #expect(try time.prefixMatch(in: found[0]) != nil)
            #expect(found[0].hasSuffix(#"] "GET /hello/ada?x=1 HTTP/1.1" 200 5"#))
            #expect(found[1].hasSuffix(#"] "HEAD /hello/ada HTTP/1.0" 200 -"#))
        }
    }

    @Test("the combined form adds Referer and User-Agent")
    func combined() async throws {
        try await logging(.combined) { address, lines in
            try ask(
                address,
                "GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: curl/8\r\nReferer: http://b/\r\n\r\n"
            )
            try ask(address, "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let found = try await lines(2)
            #expect(found[0].hasSuffix(#" 200 5 "http://b/" "curl/8""#))
            #expect(found[1].contains(#" "GET /none HTTP/1.1" 404 "#) && found[1].hasSuffix(#" "-" "-""#))
        }
    }

    @Test("JSON has the members that were asked for, in their order")
    func json() async throws {
        let fields = AccessLogField.usual + [.listener, .secure, .referer, .field(.accept), .field(.init("X-Mine")!)]
        try await logging(.json(fields)) { address, lines in
            try ask(
                address,
                "GET /hello/ada?x=%22 HTTP/1.1\r\nHost: example.org\r\nUser-Agent: me\r\nX-Mine: \"quoted\"\r\n"
                    + "Connection: close\r\n\r\n")
            let line = try await lines(1)[0]
            #expect(line.hasPrefix(#"{"time":"20"#) && line.contains(#"Z","client":"127.0.0.1","method":"GET","#))
            let object = try await lines.objects(1)[0]
            #expect(object["path"] as? String == "/hello/ada" && object["query"] as? String == "x=%22")
            #expect(object["host"] as? String == "example.org" && object["version"] as? String == "HTTP/1.1")
            #expect(object["route"] as? String == "/hello/:name" && object["status"] as? Int == 200)
            #expect(object["bytes_sent"] as? Int == 5 && object["bytes_received"] as? Int == 0)
            #expect(object["request_id"] is NSNull && object["failure"] is NSNull && object["referer"] is NSNull)
            #expect(object["listener"] as? String == "http" && object["secure"] as? Bool == false)
            #expect(object["x-mine"] as? String == "\"quoted\"" && object["user_agent"] as? String == "me")
            let duration = try #require(object["duration"] as? Double)
            #expect(duration >= 0 && duration < 10 && object.count == fields.count)
        }
    }

    @Test("a request that has a name is logged with it")
    func requestID() async throws {
        try await logging(.json([.requestID])) { address, lines in
            try ask(address, "GET /named HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-7\r\nConnection: close\r\n\r\n")
            #expect(try await lines(1) == [#"{"request_id":"abc-7"}"#])
        }
    }

    @Test("the name that the middleware gives, or takes over, is logged without anybody asking for it")
    func requestIdentity() async throws {
        try await logging(
            .json([.requestID]),
            register: { app in app.group("", RequestIdentity()).get("/marked") { _ in "marked" } }
        ) { address, lines in
            let client = try RawClient(address)
            client.send("GET /marked HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-8\r\n\r\n")
            #expect(try client.response()["x-request-id"] == "abc-8")
            client.send("GET /marked HTTP/1.1\r\nHost: a\r\n\r\n")
            let made = try #require(try client.response()["x-request-id"])
            #expect(made.count == 32)
            #expect(try await lines(2) == [#"{"request_id":"abc-8"}"#, #"{"request_id":"\#(made)"}"#])
        }
    }

    @Test("what a client sends can't forge a line, nor reach a terminal", arguments: [AccessLogFormat.combined, .json])
    func injection(format: AccessLogFormat) async throws {
        try await logging(format) { address, lines in
            let agent: [UInt8] =
                Array(#"a" 200 5 "-" "b\" x"#.utf8) + [
                    0x09, 0x80, 0xFF, 0xC2, 0x9B, 0xC3, 0xA9, 0xED, 0xA0, 0x80, 0xF0, 0x9F,
                ]
            let head = Array("GET /hello/%0A%22%1B HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: ".utf8)
            try ask(address, head + agent + Array("\r\n\r\n".utf8))
            let found = try await lines(1)
            #expect(found.count == 1)
            #expect(found[0].utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            #expect(!found[0].unicodeScalars.contains { (0x80...0x9F).contains($0.value) })
            if format == .combined {
                #expect(found[0].utf8.allSatisfy { $0 < 0x7F })
                #expect(
                    found[0].hasSuffix(
                        #""a\x22 200 5 \x22-\x22 \x22b\x5c\x22 x\x09\x80\xff\xc2\x9b\xc3\xa9\xed\xa0\x80\xf0\x9f""#))
            } else {
                let object = try await lines.objects(1)[0]
                let text = try #require(object["user_agent"] as? String)
                #expect(text.hasPrefix(#"a" 200 5 "-" "b\" x"# + "\t\u{FFFD}\u{FFFD}\u{9B}é\u{FFFD}"))
            }
        }
    }

    @Test("what is no request is logged without one", arguments: [AccessLogFormat.common, .json])
    func malformed(format: AccessLogFormat) async throws {
        try await logging(format) { address, lines in
            try ask(address, "GET /\u{1B}[31m HTTP/1.1\r\nHost: a\r\n\r\n")
            if format == .common {
                #expect(try await lines(1)[0].contains(#"] "-" 400 "#))
            } else {
                let object = try await lines.objects(1)[0]
                #expect(object["method"] is NSNull && object["path"] is NSNull && object["status"] as? Int == 400)
                #expect(object["failure"] as? String == "malformed" && object["client"] as? String == "127.0.0.1")
            }
        }
    }

    @Test("very long values are cut, and the line stays one")
    func longValues() async throws {
        try await logging(.combined) { address, lines in
            let path = "/" + String(repeating: "%41", count: 2000)
            try ask(
                address,
                "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: \(String(repeating: "\"", count: 7000))\r\n\r\n"
            )
            let found = try await lines(1)
            #expect(found.count == 1 && found[0].utf8.count < 2048 + 4 * 2048 + 200)
            #expect(found[0].hasSuffix(#"\x22""#))
        }
    }

    @Test("of a sample errors are always there, and routes that are left out only as errors")
    func sampling() async throws {
        var options = AccessLog.Options()
        options.sampling = 0
        options.leavesOut = ["/live"]
        try await logging(.json([.route, .status]), options: options) { address, lines in
            for _ in 0..<20 { try ask(address, "GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }
            try ask(address, "GET /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try ask(address, "POST /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try ask(address, "GET /missing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await lines(2) == [#"{"route":null,"status":405}"#, #"{"route":"/missing","status":404}"#])
        }
    }

    @Test("a sample is about as large as was asked for, and what is left out is not in it")
    func sampleSize() async throws {
        var options = AccessLog.Options()
        options.sampling = 0.5
        options.leavesOut = ["/hello/:name"]
        try await logging(
            .json([.route]), options: options, register: { app in app.get("/often") { _ in "often" } }
        ) { address, lines in
            let client = try RawClient(address)
            for _ in 0..<1000 { client.send("GET /often HTTP/1.1\r\nHost: a\r\n\r\n") }
            for _ in 0..<1000 { _ = try client.response() }
            client.send("GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            _ = try client.receiveAll()
            let found = try await lines(300)
            let sampled = found.count { $0.contains("/often") }
            // Beyond ten standard deviations something is wrong.
            #expect((340...660).contains(sampled))
            #expect(!found.contains { $0.contains("/hello") })
        }
    }

    @Test("what takes longer than the limit is always there, sampled or not")
    func slowRequests() async throws {
        var options = AccessLog.Options()
        options.sampling = 0
        // Each takes longer than the one, and none as long as the other.
        for (limit, count) in [(Duration.nanoseconds(1), 3), (.seconds(3600), 0)] {
            options.alwaysAbove = limit
            try await logging(.json([.route]), options: options) { address, lines in
                for _ in 0..<3 { try ask(address, "GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }
                // An error, which is always there, and comes behind all of them.
                try ask(address, "GET /missing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(try await lines(count + 1).count == count + 1)
            }
        }
    }

    @Test("the query can be left out", arguments: [AccessLogFormat.common, .json([.path, .query])])
    func withoutQuery(format: AccessLogFormat) async throws {
        var options = AccessLog.Options()
        options.omitsQuery = true
        try await logging(format, options: options) { address, lines in
            try ask(address, "GET /hello/a?token=secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let line = try await lines(1)[0]
            #expect(line.contains("/hello/a") && !line.contains("secret"))
        }
    }

    @Test("requests by HTTP/2, and clients that left before they were answered, are logged")
    func http2() async throws {
        try await logging(
            .common,
            register: { app in
                app.get("/forever") { context async throws in
                    try await context.loop.sleep(for: .seconds(3600))
                    return "never"
                }
            }
        ) { address, lines in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/hello/two?q"), Frame.request(3, "/forever"))
            _ = try client.answer(on: 1)
            client.send(Frame.reset(3))
            let found = try await lines(2)
            #expect(found[0].hasSuffix(#""GET /hello/two?q HTTP/2.0" 200 5"#))
            #expect(found[1].hasSuffix(#""GET /forever HTTP/2.0" 499 -"#) && found[1].hasPrefix("127.0.0.1 "))
        }
    }

    @Test("several loops write whole lines, one for each request")
    func severalLoops() async throws {
        try await logging(.combined, loops: 3) { address, lines in
            let threads = 6
            let requests = 300
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<threads {
                    group.addTask {
                        try? await withThreadOfItsOwn {
                            let client = try RawClient(address)
                            for index in 0..<requests {
                                client.send("GET /hello/\(thread)-\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
                                _ = try client.response()
                            }
                        }
                    }
                }
            }
            let found = try await lines(threads * requests)
            let line = #/127\.0\.0\.1 - - \[[^\]]+\] "GET /hello/(\d+-\d+) HTTP/1\.1" 200 5 "-" "-"/#
            let names = try found.map { try #require(try line.wholeMatch(in: $0)).output.1 }
            #expect(names.count == threads * requests && Set(names).count == names.count)
            #expect(lines.log.dropped == 0)
        }
    }

    @Test("the file is opened anew at SIGUSR1")
    func rotation() async throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/log"
        let log = try AccessLog(to: .file(path), .common, log: .none)
        var configuration = ServerConfiguration(port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.takesOverSockets = false
        let (greetings, speaker) = AsyncStream.makeStream(of: String.self)
        configuration.log = Log { _, text in speaker.yield(text) }
        let app = Application(configuration)
        app.get("/a") { _ in "a" }
        app.logRequests(to: log)
        let running = Task { try await app.run() }
        // The greeting comes when the signals are watched.
        for await _ in greetings { break }
        #expect(unsafe rename(path, path + ".1") == 0)
        // The system tells of the file that is made.
        let watch = inotify_init1(0)
        defer { close(watch) }
        #expect(unsafe inotify_add_watch(watch, folder.path, UInt32(IN_CREATE)) >= 0)
        #expect(kill(getpid(), SIGUSR1) == 0)
        let told = try await withThreadOfItsOwn {
            var wanted = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
            return unsafe poll(&wanted, 1, 20_000)
        }
        #expect(told == 1)
        #expect(unsafe access(path, F_OK) == 0)
        running.cancel()
        try await running.value
    }
}

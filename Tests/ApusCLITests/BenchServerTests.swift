#if TLS
    import Apus
    import ApusNet
    import ApusRuntime
    import Synchronization
    import Testing

    @testable import ApusCLI
    @testable import ApusLoad

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// Against our own server, over every protocol that it speaks.
    @Suite("A load against a server of ours")
    struct BenchServerTests {
        /// A server with a plain and a TLS listener, and what it has done.
        private final class Served: Sendable {
            let server: RunningServer
            /// The server's certificate and key.
            let pem: [UInt8]

            init() throws {
                let identity = try TLSIdentity.selfSigned()
                guard case .pem(.bytes(let pem), nil) = identity.material else { throw SocketError.unknownHost("pem") }
                self.pem = pem
                var tls = TLSConfiguration()
                tls.identities = [identity]
                var configuration = ServerConfiguration()
                configuration.listeners = [.http(port: 0), .https(port: 0, tls)]
                configuration.loops = LoopGroup.Options(loops: 2, log: .none)
                configuration.log = .none
                configuration.takesOverSockets = false
                let application = Application(configuration)
                let counter = Counter()
                let later = later
                application.get("/") { context in
                    counter.count.add(1, ordering: .relaxed)
                    return "Hello, World!"
                }
                application.get("/later") { context in
                    counter.count.add(1, ordering: .relaxed)
                    await later.pass()
                    return "Hello, World!"
                }
                application.post("/echo") { context in try await context.body.collect() }
                server = try application.start()
                self.counter = counter
            }

            /// Answers of `/later` wait while it is closed.
            let later = Gate()

            private final class Counter: Sendable { let count = Atomic<Int>(0) }
            private let counter: Counter
            var count: Int { counter.count.load(ordering: .relaxed) }

            func address(of scheme: BenchURL.Scheme) -> SocketAddress { server.addresses[scheme == .http ? 0 : 1] }
        }

        /// Open at first.
        private final class Gate: Sendable {
            /// Those who wait; nil while it is open.
            private let waiting = Lock<[CheckedContinuation<Void, Never>]?>(nil)

            var count: Int { waiting.withLock { $0?.count ?? 0 } }

            func close() { waiting.withLock { $0 = $0 ?? [] } }

            func open() { for one in waiting.withLock({ $0.take() }) ?? [] { one.resume() } }

            func pass() async {
                await withCheckedContinuation { continuation in
                    let isOpen = waiting.withLock { waiting in
                        waiting?.append(continuation)
                        return waiting == nil
                    }
                    if isOpen { continuation.resume() }
                }
            }
        }

        private func run(
            _ line: String, on served: Served, content: [UInt8]? = nil,
            during: (LoadRun) async throws -> Void = { _ in }
        ) async throws -> (options: BenchOptions, ready: LoadTally, tally: LoadTally) {
            let group = try LoopGroup(LoopGroup.Options(loops: 2, log: .none))
            defer { group.shutdown() }
            let options = try #require(parse("bench " + line).bench)
            let plan = LoadPlan(
                options, content: content, address: served.address(of: options.url.scheme),
                connecting: try ConnectOptions.bench(options))
            let run = LoadRun(
                plan, extent: options.extent, shares: LoadShare.divide(options, among: 2), on: group)
            defer { run.abandon() }
            let ready = await run.connect()
            guard ready.connected > 0 else { return (options, ready, LoadTally()) }
            async let measured = run.measure()
            try await during(run)
            var tally = await measured.tally
            tally.tls = ready.tls
            return (options, ready, tally)
        }

        @Test(
            "every protocol brings as many answers as were asked for, and the report says which it was",
            arguments: [
                ("http://h/", "HTTP/1.1", nil), ("http://h/ --h2 --streams 9", "HTTP/2", nil),
                ("https://localhost/ -k", "HTTP/1.1", "TLSv1.3"),
                ("https://localhost/ -k --pipeline 4", "HTTP/1.1", "TLSv1.3"),
                ("https://localhost/ -k --h2", "HTTP/2", "TLSv1.3"),
                ("https://localhost/ -k --h2 --streams 9", "HTTP/2", "TLSv1.3"),
                ("https://localhost/later -k --h2 --streams 9", "HTTP/2", "TLSv1.3"),
                ("https://localhost/ -k --h2 --streams 9 -m HEAD", "HTTP/2", "TLSv1.3"),
                ("https://localhost/ -k --h2 --streams 2 -r 4000", "HTTP/2", "TLSv1.3"),
            ] as [(String, String, String?)])
        func protocols(_ line: String, _ name: String, _ version: String?) async throws {
            let served = try Served()
            let (options, ready, tally) = try await run(line + " -n 300 -c 5", on: served)
            #expect(ready.failures == [:] && ready.connected == 5)
            #expect(tally.sent == 300 && tally.successes == 300 && tally.latencies.count == 300)
            #expect(tally.failures == [:])
            let report = BenchReport(
                options: options, loops: 2, tally: tally, elapsed: .seconds(1), processorTime: .zero,
                wasInterrupted: false)
            #expect(report.json.protocol == name && report.json.tlsVersion == version)
            #expect(report.json.tlsCipher?.isEmpty != true && (report.json.tlsCipher == nil) == (version == nil))
            #expect(report.text.contains(", \(name)" + (version.map { ", \($0)" } ?? "") + "\n"))
            #expect(report.json.url == options.url.text)
            #expect(report.json.streams == (options.http2 ? options.streams : nil))
            await served.server.stop()
        }

        @Test("content beyond every window is sent as the server takes it, and comes back whole")
        func content() async throws {
            let served = try Served()
            let content = [UInt8](repeating: 42, count: 700_000)
            for line in ["http://h/echo --h2", "https://localhost/echo --h2 -k"] {
                let (_, _, tally) = try await run(
                    line + " -m POST -n 12 -c 2 --streams 3", on: served, content: content)
                #expect(tally.successes == 12)
                #expect(tally.failures == [:])
                #expect(tally.bytesReceived > 12 * content.count)
            }
            await served.server.stop()
        }

        @Test(
            "a server that stops in the middle answers all that it has accepted",
            arguments: ["http://h/later --h2 --streams 8", "https://localhost/later -k --h2 --streams 8"])
        func drain(_ line: String) async throws {
            let served = try Served()
            let (_, _, tally) = try await run(line + " -d 1h -c 4", on: served) { run in
                while served.count < 200 { await Task.yield() }
                // All 8 streams of the 4 connections are in flight when it stops.
                served.later.close()
                while served.later.count < 4 * 8 { await Task.yield() }
                await served.server.drain { if $0.step == .finishing { served.later.open() } }
                run.abandon()
            }
            #expect(tally.answers >= 200)
            #expect(tally.sent == tally.answers && tally.answers == served.count)
            // What is left are connections that nobody takes any more.
            let lost = tally.failures.keys.filter { [.goAway, .streamReset, .timedOut, .malformed].contains($0) }
            #expect(lost.isEmpty, "\(tally.failures)")
        }

        @Test("a certificate is accepted for its authority, and else refused with what to do")
        func trust() async throws {
            let served = try Served()
            let (_, refused, _) = try await run("https://localhost/ --h2 -n 1 -c 2", on: served)
            #expect(refused.connected == 0 && refused.failures == [.untrusted: 2])
            let error = BenchError.tls("localhost", .untrusted, reason: "self-signed certificate")
            #expect(error.description.contains("--insecure") && error.description.contains("--ca FILE"))
            var path = Array("/tmp/apus-bench-XXXXXX\0".utf8)
            let descriptor = unsafe path.withUnsafeMutableBytes { bytes in
                unsafe mkstemp(bytes.baseAddress!.assumingMemoryBound(to: CChar.self))
            }
            let name = String(decoding: path.dropLast(), as: UTF8.self)
            defer { _ = unsafe unlink(name) }
            let written = unsafe served.pem.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            #expect(written == served.pem.count)
            _ = close(descriptor)
            let (_, accepted, tally) = try await run("https://localhost/ --h2 -n 9 -c 2 --ca \(name)", on: served)
            #expect(accepted.failures == [:] && tally.successes == 9)
            let (_, misnamed, _) = try await run("https://example.org/ -n 1 -c 1 --ca \(name)", on: served)
            #expect(misnamed.failures == [.untrusted: 1])
            await served.server.stop()
        }

        @Test("the wrong scheme for a port is told")
        func wrongScheme() async throws {
            let served = try Served()
            let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
            defer { group.shutdown() }
            let options = try #require(parse("bench https://localhost/ -k -c 1 -n 1").bench)
            let plan = LoadPlan(
                options, content: nil, address: served.address(of: .http), connecting: try .bench(options))
            let run = LoadRun(plan, extent: options.extent, shares: LoadShare.divide(options, among: 1), on: group)
            defer { run.abandon() }
            #expect(await run.connect().failures == [.tls: 1])
            await served.server.stop()
        }

        @Test("a file of authorities that isn't there is told, with its name")
        func missingFile() throws {
            let options = try #require(parse("bench https://localhost/ --ca /nonexistent.pem").bench)
            let error = #expect(throws: TLSConfigurationErrors.self) { try ConnectOptions.bench(options) }
            #expect(error?.description.contains("/nonexistent.pem") == true)
        }
    }
#endif

import ApusNet
import ApusRuntime
import Testing

@testable import Apus

/// Time stands still in these tests: what is awaited is an event, or a time that the test lets pass.
@Suite("Draining in steps", .timeLimit(.minutes(1)))
struct DrainTests {
    let time = ManualTime()
    private let steps = CancellationTests.Event()

    private func application(
        _ driver: DriverChoice = .epoll, _ configure: (inout ServerConfiguration) -> Void = { _ in }
    ) -> Application {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 2, driver: driver, holdLimit: .seconds(3600), log: .none)
        configuration.loops.manualTime = time
        configuration.log = .none
        configuration.takesOverSockets = false
        configure(&configuration)
        let app = Application(configuration)
        app.get("/") { _ in "x" }
        app.serveHealth()
        return app
    }

    /// Drains on another thread, and tells of each step.
    private func draining(_ server: RunningServer, _ plan: DrainPlan? = nil) -> Task<DrainReport, Never> {
        Task { await server.drain(plan) { [steps] in steps.tell("\($0.step) \($0.connections)") } }
    }

    private func get(_ client: RawClient, _ path: String = "/") throws -> Answer {
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.response()
    }

    @Test("a server that is not ready serves on until the delay has passed")
    func delay() async throws {
        try await withThreadOfItsOwn {
            let server = try application().start()
            #expect(try get(try RawClient(server.address), "/health/ready").status == 200)
            let plan = DrainPlan(delay: .seconds(30), idleGrace: .zero)
            let drained = draining(server, plan)
            #expect(await steps.next()?.hasPrefix("unready") == true)
            while !server.isDraining { await Task.yield() }
            var ready = 200
            while ready == 200 { ready = try get(try RawClient(server.address), "/health/ready").status }
            #expect(ready == 503)
            #expect(try get(try RawClient(server.address)).text == "x")
            await time.advance(by: 30_000_000_000)
            #expect(await steps.next()?.hasPrefix("refusing") == true)
            #expect(await steps.next()?.hasPrefix("finishing") == true)
            #expect(await steps.next() == "released 0")
            #expect(await drained.value.cut == 0)
            #expect(throws: (any Error).self) { try RawClient(server.address) }
        }
    }

    @Test(
        "an idle connection has one more request answered, with Connection: close, and ends when its time is over",
        arguments: [DriverChoice.epoll, .uring])
    func idle(_ driver: DriverChoice) async throws {
        try await withThreadOfItsOwn {
            let server = try application(driver).start()
            let busy = try RawClient(server.address)
            let idle = try RawClient(server.address)
            #expect(try get(busy)["connection"] == nil)
            #expect(try get(idle)["connection"] == nil)
            let drained = draining(server)
            #expect(await steps.next() == "unready 2")
            #expect(await steps.next() == "refusing 2")
            #expect(await steps.next() == "finishing 2")
            let answer = try get(busy)
            #expect(answer.text == "x" && answer["connection"] == "close")
            #expect(try busy.receiveAll() == "")
            await time.advance(by: 999_000_000)
            #expect(server.connectionCount == 1)
            await time.advance(by: 1_000_000)
            #expect(try idle.receiveAll() == "")
            let report = await drained.value
            #expect(report.finished == 2 && report.cut == 0)
            #expect(await steps.next() == "released 0")
        }
    }

    @Test("what has not finished in time is cut, and counted")
    func cut() async throws {
        try await withThreadOfItsOwn {
            let begun = CancellationTests.Event()
            let app = application()
            app.get("/never") { context in
                begun.tell("begun")
                try await context.loop.sleep(for: .seconds(3600))
                return "late"
            }
            let server = try app.start()
            let client = try RawClient(server.address)
            client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = await begun.next()
            let drained = draining(server, DrainPlan(timeout: .seconds(20)))
            for expected in ["unready 1", "refusing 1", "finishing 1"] { #expect(await steps.next() == expected) }
            await time.advance(by: 20_000_000_000)
            #expect(await steps.next() == "cutting 1")
            #expect(await steps.next() == "released 0")
            let report = await drained.value
            #expect(report.cut == 1 && report.finished == 0)
            #expect((try? client.receiveAll()) ?? "" == "")
        }
    }

    @Test("a connection that waits in the backlog when the drain begins is accepted and answered")
    func backlog() async throws {
        try await withThreadOfItsOwn {
            let server = try application().start()
            for listener in server.listeners { listener.server.pauseAccepting() }
            await time.settle()
            let client = try RawClient(server.address)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            for listener in server.listeners { listener.server.resumeAccepting() }
            let drained = draining(server)
            var answer = try client.response()
            #expect(answer.text == "x")
            // It was answered before the drain began, or after.
            while answer["connection"] == nil { answer = try get(client) }
            #expect(answer["connection"] == "close")
            #expect(await drained.value.cut == 0)
        }
    }

    @Test("who drains a server that is drained already gets the same report, and stopNow ends it early")
    func once() async throws {
        try await withThreadOfItsOwn {
            let server = try application().start()
            let client = try RawClient(server.address)
            #expect(try get(client).text == "x")
            let events = server.lifecycleEvents()
            let first = draining(server, DrainPlan(idleGrace: .seconds(3600), timeout: .seconds(3600)))
            for _ in 0..<3 { _ = await steps.next() }
            let second = Task { await server.drain() }
            server.stopNow()
            let reports = (await first.value, await second.value)
            #expect(reports.0 == reports.1 && reports.0.cut == 1)
            #expect(await server.drain() == reports.0)
            var told: [DrainStep] = []
            for await event in events { if case .draining(let progress) = event { told.append(progress.step) } }
            #expect(told == DrainStep.allCases)
            var late = 0
            for await _ in server.lifecycleEvents() { late += 1 }
            #expect(late == 0)
        }
    }
}

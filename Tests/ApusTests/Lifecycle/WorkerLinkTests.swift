import ApusNet
import ApusRuntime
import ApusWorkers
import Glibc
import Testing

@testable import Apus

@Suite("A worker and its master", .timeLimit(.minutes(1)))
struct WorkerLinkTests {
    private func run(_ test: (FakeMaster, RunningServer) throws -> Void) async throws {
        let server = try Application(try Configuration(.testing).serverConfiguration()).start()
        let master = try FakeMaster()
        try await withThreadOfItsOwn { try test(master, server) }
        master.link.close()
        server.stopNow()
    }

    private func body(_ server: RunningServer) -> Int? { server.currentConfiguration?.limits.body }

    @Test("a worker begins with what was changed before, in its order and with its history")
    func beginning() async throws {
        try await run { master, server in
            master.port.send(
                master.state([#"{"limits.body": "1KiB"}"#, #"{"limits.body": "2KiB", "drainDelay": "1s"}"#]))
            try master.link.begin(server)
            #expect(body(server) == 2048 && master.link.workers == 3 && master.link.worker == 2)
            #expect(server.configurationRevision?.description == "a-5")
            #expect(server.currentConfiguration?.origin(of: "limits.body") == .flag("dashboard"))
            #expect(try server.rollback()?.applied.count == 2)
            #expect(body(server) == 1024)
            #expect(try server.rollback()?.applied.count == 1)
            #expect(try server.rollback() == nil)
        }
    }

    @Test("changes that do not fit what was read keep a worker from serving, with why")
    func misfit() async throws {
        try await run { master, server in
            master.port.send(master.state([#"{"limits.boddy": "1KiB"}"#]))
            let error = #expect(throws: HandoverError.self) { try master.link.begin(server) }
            #expect(error?.description.contains("did you mean limits.body?") == true)
            #expect(body(server) == 10 << 20)
        }
    }

    @Test("a master that says something else first, or nothing whole, is none")
    func nonsense() async throws {
        for message in [WorkerMessage(.commit), nil] {
            try await run { master, server in
                if let message { master.port.send(message) } else { master.link.close() }
                #expect(throws: HandoverError.self) { try master.link.begin(server) }
            }
        }
    }

    @Test("a change is looked at, made when it is committed, with the master's revision, and taken back")
    func committing() async throws {
        try await run { master, server in
            master.port.send(master.state([]))
            try master.link.begin(server)
            master.port.send(master.ask(.prepare, round: 1, #"{"limits.body": "1KiB"}"#))
            let prepared = try master.hear()
            #expect(prepared.kind == .prepared && prepared.id == 1 && body(server) == 10 << 20)
            master.port.send(master.ask(.commit, round: 1, revision: "a-6"))
            #expect(try master.hear().kind == .committed)
            #expect(body(server) == 1024 && server.configurationRevision?.description == "a-6")
            master.port.send(master.ask(.prepare, round: 2))
            #expect(try master.hear().kind == .prepared)
            master.port.send(master.ask(.commit, round: 2, revision: "a-7"))
            #expect(try master.hear().kind == .committed)
            #expect(body(server) == 10 << 20)
            // There is nothing more to take back.
            master.port.send(master.ask(.prepare, round: 3))
            let refused = try master.hear()
            #expect(refused.kind == .refused && refused.problems.isEmpty)
        }
    }

    @Test("a change with mistakes is refused with all of them; one that is abandoned, or of another round, is not made")
    func refusing() async throws {
        try await run { master, server in
            master.port.send(master.state([]))
            try master.link.begin(server)
            master.port.send(master.ask(.prepare, round: 1, #"{"limits.body": -1, "limits.boddy": 2}"#))
            let refused = try master.hear()
            #expect(
                refused.kind == .refused && refused.problems.map(\.path).sorted() == ["limits.boddy", "limits.body"])
            master.port.send(master.ask(.prepare, round: 2, #"{"limits.body": "1KiB"}"#))
            #expect(try master.hear().kind == .prepared)
            master.port.send(master.ask(.abandon, round: 2))
            master.port.send(master.ask(.commit, round: 1, revision: "a-6"))
            master.port.send(master.ask(.prepare, round: 3, #"{"limits.body": "2KiB"}"#))
            let next = try master.hear()
            #expect(next.kind == .prepared && next.id == 3 && body(server) == 10 << 20)
        }
    }

    @Test("what is in force is taken over at any time; reading the configuration again forgets what was changed")
    func later() async throws {
        try await run { master, server in
            master.port.send(master.state([]))
            master.link.onReload { Configuration(.testing) }
            try master.link.begin(server)
            master.port.send(master.state([#"{"limits.body": "1KiB"}"#], "a-6"))
            master.port.send(master.ask(.prepare, round: 1))
            #expect(try master.hear().kind == .prepared)
            #expect(body(server) == 1024 && server.configurationRevision?.description == "a-6")
            master.port.send(master.ask(.reload, round: 0, revision: "a-7"))
            master.port.send(master.ask(.prepare, round: 2))
            #expect(try master.hear().kind == .refused)
            #expect(body(server) == 10 << 20 && server.configurationRevision?.description == "a-7")
        }
    }

    @Test("a wish is answered when the master says what came of it, and not at all when it is gone")
    func wishing() async throws {
        let server = try Application(try Configuration(.testing).serverConfiguration()).start()
        let master = try FakeMaster()
        master.port.send(master.state([]))
        try await withThreadOfItsOwn { try master.link.begin(server) }
        let link = master.link
        let wish = WorkerWish(patch: ConfigurationPatch(#"{"limits.body": "1KiB"}"#, from: "dashboard"))
        let outcome = Task { try await link.perform(wish) }
        try await withThreadOfItsOwn {
            let request = try master.hear()
            #expect(request.kind == .request && request.wish == wish)
            master.port.send(master.ask(.prepare, round: 4, #"{"limits.body": "1KiB"}"#))
            _ = try master.hear()
            master.port.send(master.ask(.commit, round: 4, revision: "a-6"))
            _ = try master.hear()
            var done = master.ask(.done, round: 4, revision: "a-6")
            done.request = request.id
            done.workers = 3
            master.port.send(done)
        }
        let found = try await outcome.value
        #expect(found.update.applied.map(\.path) == ["limits.body"] && found.workers == 3)
        let lost = Task { try await link.perform(wish) }
        try await withThreadOfItsOwn {
            let request = try master.hear()
            #expect(request.kind == .request)
            link.close()
        }
        await #expect(throws: HTTPError.self) { try await lost.value }
        await #expect(throws: HTTPError.self) { try await link.perform(wish) }
        server.stopNow()
    }
}

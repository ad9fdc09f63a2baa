import ApusDashboard
import ApusNet
import ApusRuntime
import ApusTesting
import ApusWorkers
import Glibc
import Testing

@testable import Apus

@Suite("What a worker answers another, and asks it", .timeLimit(.minutes(1)))
struct WorkerAskingTests {
    /// A worker with a connection that was answered once.
    private func runWorker(
        clock: TestClock? = nil, _ test: (FakeMaster, RunningServer, RawClient) async throws -> Void
    ) async throws {
        let master = try FakeMaster()
        var tested = try Configuration(.testing).serverConfiguration()
        tested.loops.manualTime = clock?.time
        let application = Application(tested)
        application.measureRequests()
        let configuration = application.configuration
        let server = try RunningServer(
            service: try application.makeService(), group: try LoopGroup(configuration.loops),
            configuration: configuration, link: master.link)
        try await withThreadOfItsOwn {
            master.port.send(master.state([]))
            try master.link.begin(server)
            let client = try RawClient(server.address)
            client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 404)
            try await test(master, server, client)
        }
        server.stopNow()
    }

    @Test("a worker tells another its figures of the time since it was asked last, and its pools")
    func reporting() async throws {
        try await runWorker { master, server, client in
            let first = try master.answer(.report(seen: [:]), as: WorkerReport.self)
            #expect(first.name == server.workerName && first.name.number == 2)
            #expect(first.sample.connections.open == 1 && first.sample.requests.total == 1)
            // What was before nobody looked is no rate of now.
            #expect(first.durations.snapshot.count == 0)
            client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 404)
            let second = try master.answer(.report(seen: [:]), as: WorkerReport.self)
            #expect(second.durations.snapshot.count == 1 && second.routes.first?.durations.snapshot.count == 1)
            let pool = try master.answer(.pool("http:http"), as: WorkerPool.self)
            #expect(pool.snapshot.total == 1 && pool.snapshot.opened == 1)
        }
    }

    @Test("a worker lists its connections for another, closes one, and knows none of another process")
    func connections() async throws {
        try await runWorker { master, server, client in
            let worker = try #require(server.workerName)
            let query = try ConnectionQuery(Query(pairs: []))
            let found = try master.answer(.choose(query), as: WorkerChoice.self)
            #expect(found.name == worker && found.choice.total == 1 && found.missingLoops.isEmpty)
            let one = try #require(found.choice.candidates.first)
            let rows = try master.answer(.describe([one]), as: WorkerRows.self).rows
            #expect(rows.map(\.id) == ["\(one.name)"] && rows[0].worker == 2 && rows[0].requests == 1)
            let stranger = ConnectionName(
                worker: WorkerName(number: 2, pid: worker.pid + 1), loop: one.loop, id: one.name.endpoint)
            #expect(
                try master.answer(.close(stranger, abruptly: true), as: WorkerClosing.self).outcome == .gone)
            #expect(
                try master.answer(.close(one.name, abruptly: false), as: WorkerClosing.self).outcome == .closing)
            #expect(try client.receive() == nil)
        }
    }

    @Test("what happens in a worker's pools is told to who asks again and again, with whose connection it was")
    func poolEvents() async throws {
        try await runWorker { master, server, _ in
            let pid = Int(getpid())
            func ask(_ seen: [Int: Int]) throws -> PoolEventFeed.Part {
                try master.answer(.poolEvents(seen: seen), as: PoolEventFeed.Part.self)
            }
            // Who asks the first time hears of what comes from then on, soon.
            var part = try ask([:])
            #expect(part.lines.isEmpty && part.last == 0 && part.name.number == 2)
            var clients: [RawClient] = []
            while part.lines.isEmpty {
                clients.append(try RawClient(server.address))
                part = try ask([pid: part.last])
            }
            let first = part.lines[0]
            #expect(first.name == "added" && first.worker == 2 && first.pool == "http:http")
            #expect(first.connection?.hasPrefix("2.\(pid)-0-") == true)
            // What was told is not told again, and what was not is.
            #expect(try ask([pid: 0]).lines.first?.number == first.number)
            let last = try ask([pid: part.last]).last
            // Nothing, or what has come since.
            #expect(try ask([pid: last]).lines.allSatisfy { $0.number > last })
            withExtendedLifetime(clients) {}
        }
    }

    @Test("whatever a worker is asked it answers, with nothing if need be")
    func nonsenseAsked() async throws {
        try await runWorker { master, _, _ in
            master.port.send(WorkerParcel(.question, 6, Array("nonsense".utf8)))
            #expect(try master.hearParcel() == WorkerParcel(.answer, 6))
            master.port.send(WorkerParcel(.question, 8, try JSONCoding.encode(WorkerQuestion.pool("nobody"))))
            #expect(try master.hearParcel() == WorkerParcel(.answer, 8))
        }
    }

    @Test("who asks waits for those that were asked, for a time, and is told who is missing")
    func asking() async throws {
        let clock = TestClock()
        try await runWorker(clock: clock) { master, server, _ in
            let (loop, link) = (server.group.loops[0], master.link)
            func ask(_ patience: Duration) -> Lock<WorkerQuestions.Answers?> {
                let answers = Lock<WorkerQuestions.Answers?>(nil)
                loop.execute { loop in
                    link.ask(.pool("a"), from: loop, within: patience) { found in
                        answers.withLock { $0 = found }
                    }
                }
                return answers
            }
            func outcome(_ answers: Lock<WorkerQuestions.Answers?>) -> WorkerQuestions.Answers {
                while true {
                    if let found = answers.withLock({ $0 }) { return found }
                    sched_yield()
                }
            }
            // Three workers: this is the second.
            var asked = ask(.seconds(60))
            var question = try master.hearParcel()
            #expect(question.kind == .question && question.worker == 0)
            master.port.send(.asked(question.number, [1, 3]))
            for worker in [1, 3] {
                master.port.send(WorkerParcel(.answer, question.number, worker: worker, [UInt8(worker)]))
            }
            #expect(outcome(asked).contents == [1: [1], 3: [3]])
            // One can't be asked: it is not waited for.
            asked = ask(.seconds(60))
            question = try master.hearParcel()
            master.port.send(WorkerParcel(.answer, question.number, worker: 3, [7]))
            master.port.send(.asked(question.number, [3]))
            var found = outcome(asked)
            #expect(found.contents == [3: [7]] && found.missing == [1])
            // One is silent. What comes behind its question shows that all before was heard.
            asked = ask(.seconds(50))
            question = try master.hearParcel()
            master.port.send(.asked(question.number, [1, 3]))
            master.port.send(WorkerParcel(.answer, question.number, worker: 1, [7]))
            let behind = ask(.seconds(60))
            master.port.send(.asked(try master.hearParcel().number, []))
            #expect(outcome(behind).missing == [1, 3])
            #expect(asked.withLock { $0 == nil })
            await clock.advance(by: .seconds(51))
            found = outcome(asked)
            #expect(found.contents == [1: [7]] && found.missing == [3])
            // The master is gone.
            asked = ask(.seconds(60))
            _ = try master.hearParcel()
            master.link.close()
            #expect(outcome(asked).missing == [1, 3])
            #expect(outcome(ask(.seconds(60))).missing == [1, 3])
        }
    }

    @Test("parcels are told from messages, and what is cut off or too long is none")
    func parcels() {
        let parcel = WorkerParcel(.answer, 0xDEAD_BEEF, worker: 300, [1, 2, 3])
        #expect(WorkerParcel(parcel.bytes) == parcel && WorkerMessage(parcel.bytes) == nil)
        #expect(WorkerParcel(WorkerMessage(.done).bytes) == nil)
        #expect(WorkerParcel(Array(parcel.bytes.prefix(6))) == nil && WorkerParcel([]) == nil)
        #expect(WorkerFrame([4, 0, 0, 0, 0, 0, 0]) == nil)
        let long = [UInt8](repeating: 0, count: WorkerParcel.longestQuestion + 1)
        #expect(WorkerParcel(WorkerParcel(.question, 1, long).bytes) == nil)
        #expect(WorkerParcel(WorkerParcel(.answer, 1, long).bytes) != nil)
        #expect(WorkerParcel.asked(1, [1, 300]).workers == [1, 300])
    }
}

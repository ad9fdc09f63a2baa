import Apus
import ApusWorkers
import Testing

@testable import ApusCLI

@Suite("Changes of the configuration for all workers")
struct ChangeRoundTests {
    /// Two workers that serve, and what they have been told is taken.
    private func two() -> ChangeRounds {
        var rounds = ChangeRounds(count: 2)
        for pid in [101, 102] as [Int32] {
            rounds.join(pid, number: Int(pid) - 100)
            rounds.serves(pid)
        }
        _ = rounds.take()
        return rounds
    }

    private func request(
        _ id: Int, _ text: String? = #"{"limits.body": "1KiB"}"#, expected: [String]? = nil, isPreview: Bool = false
    ) -> WorkerMessage {
        var message = WorkerMessage(.request)
        message.id = id
        let patch = text.map { ConfigurationPatch($0, from: "dashboard") }
        message.wish = WorkerWish(patch: patch, expected: expected, isPreview: isPreview)
        return message
    }

    private func answer(_ kind: WorkerMessage.Kind, _ round: Int, _ problems: [WorkerProblem] = []) -> WorkerMessage {
        var message = WorkerMessage(kind)
        message.id = round
        message.problems = problems
        return message
    }

    /// A change that all agree to.
    private func agree(_ rounds: inout ChangeRounds, _ request: WorkerMessage) throws {
        rounds.hear(request, from: 101)
        let round = try #require(rounds.take().messages.first?.message.id)
        for kind in [.prepared, .committed] as [WorkerMessage.Kind] {
            for pid in [101, 102] as [Int32] { rounds.hear(answer(kind, round), from: pid) }
        }
        _ = rounds.take()
    }

    @Test("a change is made when all have agreed, and told to be done when all have made it")
    func agreement() {
        var rounds = two()
        let before = rounds.revision
        rounds.hear(request(7), from: 101)
        #expect(rounds.told() == ["101 prepare", "102 prepare"])
        rounds.hear(answer(.prepared, 1), from: 101)
        #expect(rounds.told() == [] && rounds.revision == before)
        rounds.hear(answer(.prepared, 1), from: 102)
        let messages = rounds.take().messages
        #expect(messages.map(\.to) == [101, 102] && messages.allSatisfy { $0.message.kind == .commit })
        #expect(messages[0].message.revision == "\(rounds.revision)" && rounds.revision == before.next)
        #expect(rounds.changes.count == 1)
        rounds.hear(answer(.committed, 1), from: 102)
        #expect(rounds.told() == [])
        rounds.hear(answer(.committed, 1), from: 101)
        let done = rounds.take().messages
        #expect(done.map(\.to) == [101] && done[0].message.kind == .done && done[0].message.request == 7)
        #expect(done[0].message.workers == 2 && done[0].message.problems.isEmpty && rounds.deadline == nil)
    }

    @Test("when one refuses none makes it, and who has asked is told which one, and why")
    func refusal() {
        var rounds = two()
        let before = rounds.revision
        rounds.hear(request(7), from: 101)
        _ = rounds.take()
        rounds.hear(answer(.prepared, 1), from: 101)
        let problem = WorkerProblem(path: "limits.body", reason: "no", origin: "dashboard")
        rounds.hear(answer(.refused, 1, [problem]), from: 102)
        let messages = rounds.take().messages
        #expect(messages.map(\.message.kind) == [.abandon, .abandon, .done])
        #expect(messages[2].message.problems.map(\.reason) == ["no (worker 2)"])
        #expect(rounds.revision == before && rounds.changes.isEmpty)
        // What it says too late counts for nothing.
        rounds.hear(answer(.prepared, 1), from: 102)
        #expect(rounds.told() == [])
    }

    @Test("one that does not answer in time has the change refused, and the next one goes on")
    func silence() throws {
        var rounds = two()
        rounds.hear(request(7), from: 101)
        rounds.hear(request(8), from: 102)
        rounds.hear(answer(.prepared, 1), from: 101)
        _ = rounds.take()
        let deadline = try #require(rounds.deadline)
        rounds.lookAtTime(now: deadline - .milliseconds(1))
        #expect(rounds.told() == [])
        rounds.lookAtTime(now: deadline)
        let (messages, notes) = rounds.take()
        #expect(messages.map(\.message.kind) == [.abandon, .abandon, .done, .prepare, .prepare])
        #expect(messages[2].message.problems.first?.reason.contains("worker 2 does not answer") == true)
        #expect(notes.count == 1 && rounds.changes.isEmpty)
    }

    @Test("one that dies is not waited for, whether it was to agree or to make the change")
    func death() {
        var rounds = two()
        rounds.hear(request(7), from: 101)
        rounds.hear(answer(.prepared, 1), from: 101)
        _ = rounds.take()
        rounds.leave(102)
        #expect(rounds.told() == ["101 commit"])
        rounds.hear(answer(.committed, 1), from: 101)
        #expect(rounds.told() == ["101 done"])
        rounds = two()
        rounds.hear(request(7), from: 101)
        for pid in [101, 102] as [Int32] { rounds.hear(answer(.prepared, 1), from: pid) }
        _ = rounds.take()
        rounds.hear(answer(.committed, 1), from: 101)
        rounds.leave(102)
        #expect(rounds.told() == ["101 done"])
    }

    @Test("one that is started later is told all changes, also of a change that is under way")
    func successor() throws {
        var rounds = two()
        try agree(&rounds, request(1))
        rounds.join(103, number: 2)
        var messages = rounds.take().messages
        #expect(messages.count == 1 && messages[0].to == 103 && messages[0].message.kind == .state)
        #expect(messages[0].message.changes.count == 1 && messages[0].message.revision == "\(rounds.revision)")
        #expect(messages[0].message.workers == 2)
        rounds.hear(request(2, #"{"limits.body": "2KiB"}"#), from: 101)
        rounds.serves(103)
        for pid in [101, 102] as [Int32] { rounds.hear(answer(.prepared, 2), from: pid) }
        messages = rounds.take().messages
        let state = try #require(messages.first { $0.to == 103 }?.message)
        #expect(state.kind == .state && state.changes.count == 2 && state.revision == "\(rounds.revision)")
        for pid in [101, 102] as [Int32] { rounds.hear(answer(.committed, 2), from: pid) }
        _ = rounds.take()
        rounds.hear(request(3), from: 101)
        #expect(rounds.told() == ["101 prepare", "102 prepare", "103 prepare"])
    }

    @Test("what is based on what is in force no more is refused without asking anybody")
    func staleness() throws {
        var rounds = two()
        let seen = "\(rounds.revision)"
        try agree(&rounds, request(1, expected: [seen]))
        rounds.hear(request(2, expected: [seen]), from: 102)
        let messages = rounds.take().messages
        #expect(messages.count == 1 && messages[0].to == 102 && messages[0].message.kind == .done)
        #expect(messages[0].message.problems.map(\.isStale) == [true])
        #expect(messages[0].message.revision == "\(rounds.revision)")
    }

    @Test("of two that ask at once with the same in mind the second is refused")
    func race() {
        var rounds = two()
        let seen = ["\(rounds.revision)"]
        rounds.hear(request(1, expected: seen), from: 101)
        rounds.hear(request(1, nil, expected: seen), from: 102)
        _ = rounds.take()
        for kind in [.prepared, .committed] as [WorkerMessage.Kind] {
            for pid in [101, 102] as [Int32] { rounds.hear(answer(kind, 1), from: pid) }
        }
        let done = rounds.take().messages.filter { $0.message.kind == .done }
        #expect(done.map(\.to) == [101, 102])
        #expect(done[0].message.problems.isEmpty && done[1].message.problems.map(\.isStale) == [true])
    }

    @Test("a rollback takes the last change away; without one there is nothing to ask")
    func rollback() throws {
        var rounds = two()
        try agree(&rounds, request(1))
        try agree(&rounds, request(2, nil))
        #expect(rounds.changes.isEmpty)
        rounds.hear(request(3, nil), from: 101)
        #expect(rounds.told() == ["101 done"])
    }

    @Test("a preview asks all, and has none of them change anything")
    func preview() {
        var rounds = two()
        let before = rounds.revision
        rounds.hear(request(1, isPreview: true), from: 101)
        _ = rounds.take()
        for pid in [101, 102] as [Int32] { rounds.hear(answer(.prepared, 1), from: pid) }
        #expect(rounds.told() == ["101 abandon", "102 abandon", "101 done"])
        #expect(rounds.revision == before && rounds.changes.isEmpty)
    }

    @Test("reading the configuration again forgets the changes, and refuses what is under way")
    func reloading() throws {
        var rounds = two()
        try agree(&rounds, request(1))
        let before = rounds.revision
        rounds.hear(request(2), from: 101)
        _ = rounds.take()
        rounds.reload()
        let messages = rounds.take().messages
        #expect(messages.map(\.message.kind) == [.abandon, .abandon, .done, .reload, .reload])
        #expect(messages[2].message.problems.map(\.isStale) == [true])
        #expect(messages[3].message.revision == "\(rounds.revision)" && rounds.revision != before)
        #expect(rounds.changes.isEmpty)
    }

    @Test("one that is being replaced is told to ask another")
    func replaced() {
        var rounds = two()
        rounds.join(103, number: 1)
        _ = rounds.take()
        rounds.hear(request(1), from: 103)
        let messages = rounds.take().messages
        #expect(messages.map(\.message.kind) == [.done])
        #expect(messages[0].message.problems.first?.reason.contains("ask the one that comes after it") == true)
    }

    @Test("of a hundred changes of the same key no more are kept than can be taken back, and one")
    func many() throws {
        var rounds = two()
        for number in 0..<100 {
            var message = WorkerMessage(.request)
            message.id = number
            let patch = ConfigurationPatch("{\"limits.body\": \(number + 1)}", from: "dashboard")
            message.wish = WorkerWish(patch: patch)
            rounds.hear(message, from: 101)
            let round = try #require(rounds.take().messages.first?.message.id)
            for kind in [.prepared, .committed] as [WorkerMessage.Kind] {
                for pid in [101, 102] as [Int32] { rounds.hear(answer(kind, round), from: pid) }
            }
            _ = rounds.take()
        }
        #expect(rounds.changes.count == ChangeRounds.mostKept + 1)
        #expect(rounds.changes.last?.text == "{\"limits.body\": 100}")
        #expect(rounds.changes.first?.text == "{\"limits.body\": 84}")
    }
}

extension ChangeRounds {
    /// Who is told what, as `101 prepare`.
    fileprivate mutating func told() -> [String] {
        take().messages.map { "\($0.to) \($0.message.kind.rawValue)" }
    }
}

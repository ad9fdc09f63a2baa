import Apus
import ApusWorkers
import Testing

@testable import ApusCLI

@Suite("What workers ask one another")
struct WorkerExchangeTests {
    /// Three workers that serve, of the processes 101 to 103.
    private func three() -> WorkerExchange {
        var exchange = WorkerExchange()
        for pid in [101, 102, 103] as [Int32] { exchange.serves(pid, number: Int(pid) - 100) }
        return exchange
    }

    @Test("a question goes to all others, and each answer back with whose it is")
    func passing() {
        var exchange = three()
        exchange.hear(WorkerParcel(.question, 7, [1, 2]), from: 101)
        let sent = exchange.take()
        #expect(sent.map(\.to) == [101, 102, 103])
        #expect(sent[0].parcel == .asked(7, [2, 3]) && sent[0].parcel.workers == [2, 3])
        #expect(sent[1].parcel.kind == .question && sent[1].parcel.content == [1, 2])
        let number = sent[1].parcel.number
        exchange.hear(WorkerParcel(.answer, number, [9]), from: 103)
        let answer = exchange.take()
        #expect(answer.map(\.to) == [101] && answer[0].parcel == WorkerParcel(.answer, 7, worker: 3, [9]))
        #expect(exchange.openCount == 1)
        // It has answered: what it says more is nobody's.
        exchange.hear(WorkerParcel(.answer, number, [8]), from: 103)
        #expect(exchange.take().isEmpty)
        exchange.hear(WorkerParcel(.answer, number), from: 102)
        #expect(exchange.take().count == 1 && exchange.openCount == 0)
    }

    @Test("a question for one goes to that one; for one that is not there, to nobody")
    func one() {
        var exchange = three()
        exchange.hear(WorkerParcel(.question, 1, worker: 3), from: 101)
        #expect(exchange.take().map(\.to) == [101, 103])
        for (number, nobody) in [(2, 1), (3, 9)] {
            exchange.hear(WorkerParcel(.question, UInt32(number), worker: nobody), from: 101)
            let sent = exchange.take()
            #expect(sent.map(\.to) == [101] && sent[0].parcel == .asked(UInt32(number), []))
        }
    }

    @Test("one that does not answer is asked no more, until it does, and the others are")
    func silence() throws {
        var exchange = three()
        var last: UInt32 = 0
        for round in 0..<100 {
            exchange.hear(WorkerParcel(.question, UInt32(round)), from: 101)
            for (to, parcel) in exchange.take() {
                if to == 103 { exchange.hear(WorkerParcel(.answer, parcel.number), from: 103) }
                if to == 102 { last = parcel.number }
            }
            _ = exchange.take()
        }
        #expect(exchange.openCount == WorkerExchange.mostOwed)
        exchange.hear(WorkerParcel(.question, 100), from: 101)
        #expect(exchange.take().first?.parcel == .asked(100, [3]))
        exchange.hear(WorkerParcel(.answer, last), from: 102)
        exchange.hear(WorkerParcel(.question, 101), from: 101)
        let asked = try #require(exchange.take().first { $0.parcel.kind == .asked })
        #expect(asked.parcel.workers == [2, 3])
    }

    @Test("of one that dies no answer is awaited, and its own questions are forgotten with it")
    func death() {
        var exchange = three()
        exchange.hear(WorkerParcel(.question, 1), from: 101)
        let number = exchange.take()[1].parcel.number
        exchange.leave(103)
        exchange.hear(WorkerParcel(.question, 2), from: 101)
        #expect(exchange.take().first?.parcel == .asked(2, [2]))
        exchange.leave(101)
        exchange.hear(WorkerParcel(.answer, number), from: 102)
        #expect(exchange.take().isEmpty && exchange.openCount == 1)
        // Its successor does not get what was meant for it.
        exchange.serves(104, number: 1)
        exchange.hear(WorkerParcel(.answer, number + 1), from: 102)
        #expect(exchange.take().isEmpty && exchange.openCount == 0)
    }

    @Test("one that is being replaced may ask, and hears that nobody was asked")
    func replaced() {
        var exchange = three()
        exchange.leave(101)
        exchange.hear(WorkerParcel(.question, 4), from: 101)
        let sent = exchange.take()
        #expect(sent.map(\.to) == [101] && sent[0].parcel == .asked(4, []))
    }
}

import Synchronization
import Testing

@testable import ApusRuntime

@Suite struct MailboxTests {
    @Test("messages of one producer are drained in the order of their pushes")
    func order() {
        let mailbox = Mailbox<Int>()
        for number in 0..<100 { _ = mailbox.push(number) }
        var seen: [Int] = []
        #expect(mailbox.drain { seen.append($0) } == 100)
        #expect(seen == Array(0..<100))
        #expect(mailbox.drain { _ in Issue.record("a message was drained twice") } == 0)
    }

    @Test("only the first push since a drain asks for a wake")
    func oneWakeForABatch() {
        let mailbox = Mailbox<Int>()
        #expect(mailbox.isEmpty)
        #expect(mailbox.push(1))
        #expect(!mailbox.isEmpty)
        #expect(!mailbox.push(2))
        #expect(!mailbox.push(3))
        mailbox.drain { _ in }
        #expect(mailbox.isEmpty)
        #expect(mailbox.push(4))
    }

    @Test("what a drain pushes is left for the next drain, and asks for a wake")
    func pushWhileDraining() {
        let mailbox = Mailbox<Int>()
        _ = mailbox.push(1)
        var seen: [Int] = []
        let count = mailbox.drain { message in
            seen.append(message)
            #expect(mailbox.push(message + 1))
        }
        #expect(count == 1)
        #expect(seen == [1])
        #expect(mailbox.drain { seen.append($0) } == 1)
        #expect(seen == [1, 2])
    }

    private final class Token: Sendable {
        let alive: Tally
        init(_ alive: Tally) {
            self.alive = alive
            alive.count.add(1, ordering: .relaxed)
        }
        deinit { alive.count.subtract(1, ordering: .relaxed) }
    }

    private final class Tally: Sendable { let count = Atomic<Int>(0) }

    @Test("messages that nobody drained are released with the mailbox")
    func undrained() {
        let tally = Tally()
        var mailbox: Mailbox<Token>? = Mailbox()
        for _ in 0..<10 { _ = mailbox?.push(Token(tally)) }
        #expect(tally.count.load(ordering: .relaxed) == 10)
        mailbox = nil
        #expect(tally.count.load(ordering: .relaxed) == 0)
    }

    @Test("a drained message is released by the drain")
    func drainedReleases() {
        let tally = Tally()
        let mailbox = Mailbox<Token>()
        for _ in 0..<10 { _ = mailbox.push(Token(tally)) }
        mailbox.drain { _ in }
        #expect(tally.count.load(ordering: .relaxed) == 0)
    }

    @Test("under eight producers every message arrives once, in each producer's order, and no wake is lost")
    func manyProducers() throws {
        let producers = 8
        let each = 20_000
        let mailbox = Mailbox<(producer: Int, number: Int)>()
        // The consumer sleeps until a push says that it must be woken: a lost wake hangs the test.
        let consumer = Parker()
        var next = [Int](repeating: 0, count: producers)
        var inOrder = true
        try onThreads(producers) { producer in
            for number in 0..<each where mailbox.push((producer, number)) { consumer.unpark() }
        } meanwhile: {
            var received = 0
            while received < producers * each {
                consumer.park()
                received += mailbox.drain { message in
                    if next[message.producer] != message.number { inOrder = false }
                    next[message.producer] = message.number + 1
                }
            }
        }
        #expect(inOrder)
        #expect(next == Array(repeating: each, count: producers))
        #expect(mailbox.isEmpty)
    }

    @Test("a message that the consumer lets go at once is still there for its producer, and is released once")
    func sharedReferences() throws {
        let each = 20_000
        let tally = Tally()
        let mailbox = Mailbox<Token>()
        let intact = Atomic<Int>(0)
        try onThreads(4) { _ in
            for _ in 0..<each {
                let token = Token(tally)
                _ = mailbox.push(token)
                if token.alive === tally { intact.add(1, ordering: .relaxed) }
            }
        } meanwhile: {
            var received = 0
            while received < 4 * each { received += mailbox.drain { _ in } }
        }
        #expect(intact.load(ordering: .relaxed) == 4 * each)
        #expect(tally.count.load(ordering: .relaxed) == 0)
    }
}

import TestSupport
import Testing

@testable import ApusHTTP

/// RFC 9218, 4, on the structured fields of RFC 9651.
@Suite struct HTTP2PriorityTests {
    static let values: [(text: String, urgency: UInt8, isIncremental: Bool)] = [
        ("", 3, false), ("u=0", 0, false), ("u=7", 7, false), ("u=5, i", 5, true), ("i, u=1", 1, true),
        ("u=2,i", 2, true), ("i", 3, true), ("i=?1", 3, true), ("i=?0", 3, false), ("  u=1  ", 1, false),
        ("u=1;a=b;c, i;q=0.5", 1, true), ("u=1, u=6", 6, false), ("i, i=?0", 3, false), ("u=4\t,\ti", 4, true),
        // Of another type, or out of range.
        ("u=8", 3, false), ("u=-1", 3, false), ("u=1.5", 3, false), ("u=\"1\"", 3, false), ("u", 3, false),
        ("i=1", 3, false), ("u=2, u=9", 3, false), ("u=(1)", 3, false), ("u=123456789012345", 3, false),
        // Others' parameters.
        ("a=1, u=1", 1, false), ("a=tok/en:x, *b=(1 \"x\" ?1);y, c=:YQ==:, d=@-12, e=%\"f%c3\", u=1", 1, false),
        ("a=\"q\\\"\\\\, u=6\", u=1", 1, false), ("a-b_c.*=1.125, u=1", 1, false), ("uu=5, ii, u=1", 1, false),
        // Malformed as a whole.
        ("u=1,", 3, false), ("u=1 i", 3, false), (",u=1", 3, false), ("U=1", 3, false), ("u=1, i=", 3, false),
        ("u=1, i=?2", 3, false), ("u=1, a=\"x", 3, false), ("u=1, a=\"\\x\"", 3, false), ("u=1, a=:*:", 3, false),
        ("u=1, a=(1", 3, false), ("u=1, a=(1)2", 3, false), ("u=1, a=1234567890123456", 3, false),
        ("u=1, a=1.", 3, false), ("u=1, a=1.2345", 3, false), ("u=1, a=-", 3, false), ("u=1, a=%\"%C3\"", 3, false),
        ("u=1;", 3, false), ("u=1;=2", 3, false), ("u = 1", 3, false), ("u=1\u{0}", 3, false), ("é", 3, false),
        ("u=1, a=@x", 3, false), ("u=1, a=@1.5", 3, false), ("u=1, a=\"\n\"", 3, false),
    ]

    @Test("a value has one reading, and one that is malformed has the default's", arguments: values.indices)
    func parsing(_ index: Int) {
        let (text, urgency, isIncremental) = Self.values[index]
        let expected = HTTP2Priority(urgency: urgency, isIncremental: isIncremental)
        #expect(HTTP2Priority(parsing: Array(text.utf8).span.raw) == expected, "\(text)")
    }

    @Test("what is written is read")
    func roundTrip() {
        for urgency in UInt8(0)...7 {
            for isIncremental in [false, true] {
                let priority = HTTP2Priority(urgency: urgency, isIncremental: isIncremental)
                let bytes = written { $0.append(priority: priority) }
                #expect(HTTP2Priority(parsing: bytes.span.raw) == priority)
            }
        }
    }

    @Test("no bytes crash the parser")
    func mutations() {
        var random = SeededRandom(seed: 0x9218)
        var different = 0
        for round in 0..<20_000 {
            let text = Array(Self.values[round % Self.values.count].text.utf8)
            let priority = HTTP2Priority(parsing: Mutation.of(text, &random).span.raw)
            #expect(priority.urgency < 8)
            if priority != HTTP2Priority() { different += 1 }
        }
        #expect(different > 300)
    }
}

/// The order of RFC 9218, 10.
@Suite struct HTTP2SendQueueTests {
    /// A table with streams 1, 3, … of those priorities, none in the queue; the slots in the same order.
    static func table(_ priorities: [HTTP2Priority], _ body: (inout HTTP2StreamTable, [Int]) -> Void) {
        var settings = HTTP2Settings.server
        settings.maxConcurrentStreams = 4096
        var table = HTTP2StreamTable(role: .server, settings: settings)
        var slots: [Int] = []
        for (index, priority) in priorities.enumerated() {
            let id = HTTP2StreamID(UInt32(2 * index + 1))
            guard case .request(let slot)? = try? table.receiveHeaders(on: id, endsStream: true) else {
                Issue.record("stream \(id) was not opened")
                return
            }
            table.prioritize(slot, priority)
            slots.append(slot)
        }
        body(&table, slots)
    }

    /// The numbers of the next streams.
    static func next(_ count: Int, _ table: inout HTTP2StreamTable) -> [UInt32] {
        (0..<count).map { _ in table.nextToSend().map { table[$0].id.rawValue } ?? 0 }
    }

    @Test("the more urgent goes first, and then by number")
    func urgency() {
        Self.table([HTTP2Priority(urgency: 5), HTTP2Priority(urgency: 1), HTTP2Priority(urgency: 5)]) { table, slots in
            for slot in slots.reversed() { table.enqueue(slot) }
            #expect(Self.next(3, &table) == [3, 3, 3])
            table.dequeue(slots[1])
            #expect(Self.next(2, &table) == [1, 1])
            table.dequeue(slots[0])
            #expect(Self.next(1, &table) == [5])
            table.remove(slots[2])
            #expect(table.isSendQueueEmpty && table.nextToSend() == nil)
        }
    }

    @Test("incremental streams take turns")
    func turns() {
        Self.table([.unsignalled, .unsignalled, .unsignalled]) { table, slots in
            for slot in slots { table.enqueue(slot) }
            #expect(Self.next(7, &table) == [1, 3, 5, 1, 3, 5, 1])
            table.dequeue(slots[1])
            #expect(Self.next(4, &table) == [5, 1, 5, 1])
        }
    }

    @Test("both kinds of one urgency take turns, and none waits for ever")
    func bothKinds() {
        Self.table([HTTP2Priority(), .unsignalled, HTTP2Priority(), .unsignalled]) { table, slots in
            for slot in slots { table.enqueue(slot) }
            #expect(Self.next(6, &table) == [1, 3, 1, 7, 1, 3])
        }
    }

    @Test("a stream whose priority changes moves, in the queue or not")
    func reprioritize() {
        Self.table([HTTP2Priority(), HTTP2Priority(), HTTP2Priority()]) { table, slots in
            table.enqueue(slots[0])
            table.enqueue(slots[2])
            table.prioritize(slots[2], HTTP2Priority(urgency: 0, isIncremental: true))
            table.prioritize(slots[1], HTTP2Priority(urgency: 1))
            #expect(Self.next(1, &table) == [5])
            #expect(!table[slots[1]].isQueued)
            table.enqueue(slots[1])
            table.dequeue(slots[2])
            #expect(Self.next(1, &table) == [3])
        }
    }

    @Test("the queue agrees with a list that is searched, whatever is done to it")
    func model() {
        var random = SeededRandom(seed: 0x10)
        for _ in 0..<60 {
            let count = Int.random(in: 1...40, using: &random)
            let priorities = (0..<count).map { _ in
                HTTP2Priority(
                    urgency: UInt8.random(in: 2...4, using: &random), isIncremental: Bool.random(using: &random))
            }
            Self.table(priorities) { table, slots in
                var model = QueueModel()
                for _ in 0..<400 {
                    let slot = slots.randomElement(using: &random)!
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0, 1, 2:
                        table.enqueue(slot)
                        model.insert(slot, table[slot].priority, table[slot].id)
                    case 3:
                        table.dequeue(slot)
                        model.remove(slot)
                    case 4:
                        let priority = HTTP2Priority(
                            urgency: UInt8.random(in: 0...7, using: &random), isIncremental: Bool.random(using: &random)
                        )
                        if priority != table[slot].priority, model.contains(slot) {
                            model.remove(slot)
                            model.insert(slot, priority, table[slot].id)
                        }
                        table.prioritize(slot, priority)
                    default:
                        #expect(table.nextToSend() == model.next())
                    }
                    #expect(table.isSendQueueEmpty == model.isEmpty)
                }
            }
        }
    }
}

/// The same queue, as plain as it can be said.
private struct QueueModel {
    var ordered = [[(id: HTTP2StreamID, slot: Int)]](repeating: [], count: 8)
    var taking = [[Int]](repeating: [], count: 8)
    var turns = [Bool](repeating: false, count: 8)

    var isEmpty: Bool { ordered.allSatisfy(\.isEmpty) && taking.allSatisfy(\.isEmpty) }

    func contains(_ slot: Int) -> Bool {
        ordered.contains { $0.contains { $0.slot == slot } } || taking.contains { $0.contains(slot) }
    }

    mutating func insert(_ slot: Int, _ priority: HTTP2Priority, _ id: HTTP2StreamID) {
        guard !contains(slot) else { return }
        let urgency = Int(priority.urgency)
        if priority.isIncremental {
            taking[urgency].append(slot)
        } else {
            ordered[urgency].append((id, slot))
            ordered[urgency].sort { $0.id < $1.id }
        }
    }

    mutating func remove(_ slot: Int) {
        for urgency in 0..<8 {
            ordered[urgency].removeAll { $0.slot == slot }
            taking[urgency].removeAll { $0 == slot }
        }
    }

    mutating func next() -> Int? {
        guard let urgency = (0..<8).first(where: { !ordered[$0].isEmpty || !taking[$0].isEmpty }) else { return nil }
        if ordered[urgency].isEmpty || (turns[urgency] && !taking[urgency].isEmpty) {
            turns[urgency] = false
            let slot = taking[urgency].removeFirst()
            taking[urgency].append(slot)
            return slot
        }
        turns[urgency] = true
        return ordered[urgency].first?.slot
    }
}

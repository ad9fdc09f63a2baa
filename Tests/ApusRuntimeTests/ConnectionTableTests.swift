import TestSupport
import Testing

@testable import ApusRuntime

@Suite struct ConnectionTableTests {
    private final class Thing {}
    private typealias Table = ConnectionTable<Thing>

    @Test("a table behaves as a dictionary whose keys are never given twice", arguments: 0..<5 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = Table()
        var model: [Table.ID: Thing] = [:]
        var ids: [Table.ID] = []
        var gone: [Table.ID] = []
        for step in 0..<12_000 {
            if Int.random(in: 0..<10, using: &random) < (step / 3_000 % 2 == 0 ? 8 : 1) || ids.isEmpty {
                let thing = Thing()
                let id = table.insert(thing)
                #expect(model[id] == nil)
                model[id] = thing
                ids.append(id)
            } else {
                let id = ids.remove(at: Int.random(in: 0..<ids.count, using: &random))
                let removed = table.remove(id)
                #expect(removed === model.removeValue(forKey: id))
                gone.append(id)
            }
            if let id = ids.randomElement(using: &random) {
                let (found, contained) = (table.find(id), table.contains(id))
                #expect(found === model[id] && contained)
            }
            if let id = gone.randomElement(using: &random) {
                let (found, contained, removed) = (table.find(id), table.contains(id), table.remove(id))
                #expect(found == nil && !contained && removed == nil)
            }
            let count = table.count
            #expect(count == model.count)
            if step % 1_000 == 0 {
                var cursor = Table.Cursor()
                var visited: [Table.ID] = []
                while let id = table.next(&cursor) { visited.append(id) }
                #expect(visited.count == model.count && Set(visited) == Set(model.keys))
                #expect(visited.map(\.slot) == visited.map(\.slot).sorted())
            }
        }
    }

    @Test("a slot's next tenant is not found by the ID of the last")
    func generations() {
        var table = Table()
        let old = table.insert(Thing())
        table.remove(old)
        let thing = Thing()
        let new = table.insert(thing)
        #expect(old.slot == new.slot)
        #expect(old != new)
        let (foundOld, foundNew) = (table.find(old), table.find(new))
        #expect(foundOld == nil)
        #expect(foundNew === thing)
    }

    @Test("an ID survives the way through a completion, and one from nowhere finds nothing")
    func rawValues() {
        var table = Table()
        let thing = Thing()
        let id = table.insert(thing)
        let found = table.find(.init(rawValue: id.rawValue))
        #expect(found === thing)
        for raw in [0, 1, id.rawValue ^ 1, id.rawValue ^ 1 << 32, 1 << 40, UInt64.max] {
            let (found, contained) = (table.find(.init(rawValue: raw)), table.contains(.init(rawValue: raw)))
            #expect(found == nil && !contained)
        }
    }

    @Test("everything may be removed during an iteration")
    func removeAllWhileIterating() {
        var table = Table()
        for _ in 0..<10_000 { _ = table.insert(Thing()) }
        var cursor = Table.Cursor()
        var visited = 0
        while let id = table.next(&cursor) {
            let removed = table.remove(id)
            #expect(removed != nil)
            visited += 1
        }
        let count = table.count
        #expect(visited == 10_000)
        #expect(count == 0)
    }

    @Test(
        "an iteration visits once what stays, and never what was removed before its turn",
        arguments: 0..<5 as Range<UInt64>)
    func changesWhileIterating(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = Table()
        var staying: Set<Table.ID> = []
        var leaving: Set<Table.ID> = []
        for _ in 0..<5_000 {
            if Bool.random(using: &random) {
                staying.insert(table.insert(Thing()))
            } else {
                leaving.insert(table.insert(Thing()))
            }
        }
        var cursor = Table.Cursor()
        var visited: Set<Table.ID> = []
        while let id = table.next(&cursor) {
            #expect(visited.insert(id).inserted)
            let present = table.contains(id)
            #expect(present)
            if let victim = leaving.popFirst() { table.remove(victim) }
            if Int.random(in: 0..<4, using: &random) == 0 { _ = table.insert(Thing()) }
        }
        #expect(visited.isSuperset(of: staying))
    }

    @Test("the table shrinks after a flood, and keeps those who stayed")
    func shrink() {
        var table = Table()
        var ids = (0..<100_000).map { _ in table.insert(Thing()) }
        let flood = table.capacity
        let stayed = Array(ids.prefix(10))
        while ids.count > 10, let id = ids.popLast() { table.remove(id) }
        let rest = table.capacity
        #expect(flood >= 100_000)
        #expect(rest <= flood / 16)
        for id in stayed {
            let present = table.contains(id)
            #expect(present)
        }
    }

    @Test("elements live as long as they are in the table")
    func ownership() {
        weak var inside: Thing?
        weak var removed: Thing?
        do {
            var table = Table()
            let ids = [table.insert(Thing()), table.insert(Thing())]
            inside = table.find(ids[0])
            removed = table.find(ids[1])
            #expect(inside != nil && removed != nil)
            table.remove(ids[1])
            #expect(inside != nil && removed == nil)
        }
        #expect(inside == nil)
    }
}

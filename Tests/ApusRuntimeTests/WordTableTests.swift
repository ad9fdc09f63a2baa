@_spi(Apus) import ApusRuntime
import Synchronization
import TestSupport
import Testing

@Suite("A table of words by key")
struct WordTableTests {
    /// Words here are the times at which they expire.
    private func set(_ table: WordTable, _ key: UInt64, _ word: UInt64, now: UInt64 = 0) -> UInt64 {
        table.update(key, now: now, expiry: { $0 }) { old in (word, old) }
    }

    private func get(_ table: WordTable, _ key: UInt64, now: UInt64 = 0) -> UInt64 {
        // A key that is asked for has a word from then on: one that ends at once.
        table.update(key, now: now, expiry: { $0 }) { old in (max(old, 1), old) }
    }

    @Test("a word is kept for each key, those with the smallest numbers included")
    func keeps() {
        let table = WordTable(capacity: 1000)
        for key in 0..<1000 as Range<UInt64> { #expect(set(table, key &* 0x9E37_79B9_7F4A_7C15, 100 + key) == 0) }
        for key in 0..<1000 as Range<UInt64> { #expect(get(table, key &* 0x9E37_79B9_7F4A_7C15) == 100 + key) }
        #expect(table.count(now: 99) { $0 } == 1000)
        #expect(table.count(now: 599) { $0 } == 500)
        #expect(table.evictionCount == 0)
    }

    @Test("a full table gives the place of what has expired, and then of what expires first")
    func replaces() {
        let table = WordTable(capacity: 4)
        var random = SeededRandom(seed: 1)
        let keys = (0..<8).map { _ in random.next() }
        for (index, key) in keys.enumerated() { _ = set(table, key, UInt64(1000 + index)) }
        #expect(table.evictionCount == 0)
        // One has expired.
        #expect(set(table, 77, 5000, now: 1000) == 0)
        #expect(table.evictionCount == 0)
        #expect(table.count(now: 1000) { $0 } == 8)
        // None has.
        #expect(set(table, 78, 5000, now: 1000) == 0)
        #expect(table.evictionCount == 1)
        #expect(get(table, 77, now: 1000) == 5000)
        #expect(get(table, keys[2], now: 1000) == 1002)
        #expect(table.count(now: 1000) { $0 } == 8)
    }

    @Test("as many keys as the table is made for find room, but for one in ten thousand")
    func room() {
        let table = WordTable(capacity: 100_000)
        var random = SeededRandom(seed: 2)
        for _ in 0..<100_000 { _ = set(table, random.next(), 10) }
        #expect(table.evictionCount <= 10)
        #expect(table.count(now: 9) { $0 } == 100_000 - table.evictionCount)
        #expect(table.byteCount <= 100_000 * 32 + 128)
    }

    @Test("a table where keys come and go for ever finds those that stay")
    func churn() {
        let table = WordTable(capacity: 500)
        var random = SeededRandom(seed: 3)
        let staying = (0..<100).map { _ in random.next() }
        for key in staying { _ = set(table, key, 1_000_000) }
        for now in 1..<50_000 as Range<UInt64> { _ = set(table, random.next(), now + 100, now: now) }
        for key in staying { #expect(get(table, key, now: 50_000) == 1_000_000) }
        #expect(table.evictionCount == 0)
    }

    @Test("no change of several threads is lost while keys keep their places", .timeLimit(.minutes(2)))
    func threads() throws {
        let table = WordTable(capacity: 4096)
        let group = try LoopGroup(LoopGroup.Options(loops: 4, log: .none))
        let rounds = 200
        // All have their places before the threads begin: of two that bring the same key, one may lose its first change.
        for key in 0..<256 as Range<UInt64> { _ = set(table, key &* 0x9E37_79B9_7F4A_7C15, 1) }
        for loop in group.loops {
            loop.execute { _ in
                for round in 0..<rounds {
                    for key in 0..<256 as Range<UInt64> {
                        let mixed = (key &+ UInt64(loop.index * 64 + round) & 255) &* 0x9E37_79B9_7F4A_7C15
                        table.update(mixed, now: 0, expiry: { $0 }) { ($0 + 1, ()) }
                    }
                }
            }
        }
        group.shutdown()
        var sum: UInt64 = 0
        for key in 0..<512 as Range<UInt64> { sum += get(table, key &* 0x9E37_79B9_7F4A_7C15) }
        #expect(sum == UInt64(256 + 4 * rounds * 256))
    }
}

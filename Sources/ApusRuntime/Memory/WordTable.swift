public import Synchronization

/// A word of 64 bits for each of many keys, which any thread reads and changes without a lock, in memory that never grows.
///
/// A set-associative table, as a processor's cache is: a bucket is two cache lines, eight fingerprints and their eight
/// words. A key is looked for in up to four buckets, which its fingerprint names, and the first bucket with a slot that was
/// never used ends the search. A key that is new takes the first slot that is free or whose word has expired; where
/// there is none, the word that would expire first gives way. Nothing is ever moved, so there is nothing to wait for.
///
/// ```
/// slot: 0 ──────────────► claimed (1) ── word = 0 ──► fingerprint ◄─── the word is changed by compare-and-exchange
///       free, expired ──►                                  └─── expired, or evicted ──► claimed (1) …
/// ```
///
/// A thread that changes a word while its slot is given to another key finds the word changed (to 0) and looks the key up
/// anew. Two keys of one fingerprint share a word: with a million keys the odds that any two do are 1 to 37 million.
/// Two threads that bring one new key at the same time take one slot, unless a third changes another slot of the bucket
/// within those nanoseconds: then one of the two first changes may be lost.
///
/// Unchecked Sendable holds because the cells are atomic, and the memory lives as long as the table. SPI, to be inlined in
/// other modules, which `package` is not.
@_spi(Apus) @safe public final class WordTable: @unchecked Sendable {
    @usableFromInline typealias Cell = Atomic<UInt64>

    /// The number of keys that the table is made for; it has room for about twice as many.
    package let capacity: Int
    // Zeroed pages, which are valid cells that hold 0, and cost physical memory only once they are written to.
    @usableFromInline let memory: UnsafeMutableRawPointer
    @usableFromInline let bucketCount: UInt64
    private let evicted = Atomic<Int>(0)

    @usableFromInline static var slotsPerBucket: Int { 8 }
    @usableFromInline static var bucketSize: Int { 128 }
    @usableFromInline static var mostProbes: Int { 4 }
    private static let claimed: UInt64 = 1
    /// How often a search waits for a slot that is being claimed: its thread may have lost its processor.
    private static let mostRescans = 64

    /// A table without keys.
    /// - Parameter capacity: How many keys it holds without one giving way, at least 1; each takes 32 bytes.
    package init(capacity: Int) {
        precondition(capacity > 0, "a table has room for at least one key")
        self.capacity = capacity
        bucketCount = UInt64((capacity * 2 + Self.slotsPerBucket - 1) / Self.slotsPerBucket)
        unsafe memory = Pages.map(Int(bucketCount) * Self.bucketSize)
    }

    deinit { unsafe Pages.unmap(memory, byteCount) }

    /// The memory that the table may take, in bytes.
    package var byteCount: Int { Int(bucketCount) * Self.bucketSize }

    /// How many words gave way to others before they expired.
    package var evictionCount: Int { evicted.load(ordering: .relaxed) }

    /// Changes the word of a key; any thread.
    ///
    /// - Parameters:
    ///   - fingerprint: The key's hash, all of whose bits count: take a seeded one where clients choose keys.
    ///   - now: The time by which words expire, in whatever unit `expiry` has.
    ///   - expiry: When a word, never 0, expires.
    ///   - change: Gives the word that follows one, and an outcome; 0 stands for a key without a word. The word that
    ///     follows is never 0. Called again when another thread was quicker.
    /// - Returns: The outcome of the change that was made.
    @inlinable public func update<Outcome>(
        _ fingerprint: UInt64, now: UInt64, expiry: (UInt64) -> UInt64, _ change: (UInt64) -> (UInt64, Outcome)
    ) -> Outcome {
        let key = fingerprint < 2 ? fingerprint &+ 2 : fingerprint
        while true {
            let slot = unsafe find(key) ?? claim(key, now: now, expiry: expiry)
            var word = unsafe slot[Self.slotsPerBucket].load(ordering: .relaxed)
            while true {
                let (next, outcome) = change(word)
                if next == word { return outcome }
                let (isDone, current) = unsafe slot[Self.slotsPerBucket].compareExchange(
                    expected: word, desired: next, ordering: .relaxed)
                if isDone { return outcome }
                if unsafe slot[0].load(ordering: .acquiring) != key { break }
                word = current
            }
        }
    }

    /// The keys whose words have not expired. Looks at the whole table.
    package func count(now: UInt64, expiry: (UInt64) -> UInt64) -> Int {
        var count = 0
        for bucket in 0..<bucketCount {
            for index in 0..<Self.slotsPerBucket {
                let slot = unsafe cells(bucket) + index
                guard unsafe slot[0].load(ordering: .acquiring) > Self.claimed else { continue }
                let word = unsafe slot[Self.slotsPerBucket].load(ordering: .relaxed)
                if word != 0, expiry(word) > now { count += 1 }
            }
        }
        return count
    }

    // MARK: Slots

    /// The cells of a bucket: eight fingerprints, and behind them their words.
    @unsafe @inlinable @inline(__always) func cells(_ bucket: UInt64) -> UnsafeMutablePointer<Cell> {
        unsafe (memory + Int(bucket) &* Self.bucketSize).assumingMemoryBound(to: Cell.self)
    }

    /// The bucket where a key is looked for first.
    @inlinable @inline(__always)
    func firstBucket(_ key: UInt64) -> UInt64 { key.multipliedFullWidth(by: bucketCount).high }

    /// The next bucket to look in.
    @inlinable func bucket(after bucket: UInt64, of key: UInt64) -> UInt64 {
        // Of the low bits, since the high ones chose the first.
        (bucket &+ 1 &+ (key & 0xFFFF_FFFF) % bucketCount) % bucketCount
    }

    /// The slot of a key, unless it has none.
    @unsafe @inlinable func find(_ key: UInt64) -> UnsafeMutablePointer<Cell>? {
        var bucket = firstBucket(key)
        for _ in 0..<Self.mostProbes {
            let cells = unsafe cells(bucket)
            for index in 0..<Self.slotsPerBucket {
                let found = unsafe cells[index].load(ordering: .acquiring)
                if found == key { return unsafe cells + index }
                if found == 0 { return nil }
            }
            bucket = self.bucket(after: bucket, of: key)
        }
        return nil
    }

    /// What a search for a place has come to.
    @safe private struct Candidate {
        var slot: UnsafeMutablePointer<Cell>?
        var key: UInt64 = 0
        var expiry = UInt64.max
    }

    /// The slot of a key that most likely has none yet: its own, when another thread was quicker, or one that it takes.
    @unsafe @usableFromInline
    func claim(_ key: UInt64, now: UInt64, expiry: (UInt64) -> UInt64) -> UnsafeMutablePointer<Cell> {
        var rescans = 0
        while true {
            var best = Candidate()
            var isBeingClaimed = false
            var bucket = firstBucket(key)
            search: for _ in 0..<Self.mostProbes {
                let cells = unsafe cells(bucket)
                for index in 0..<Self.slotsPerBucket {
                    let found = unsafe cells[index].load(ordering: .acquiring)
                    if found == key { return unsafe cells + index }
                    if found == 0 {
                        if best.expiry > now { best = unsafe Candidate(slot: cells + index, key: 0, expiry: 0) }
                        break search
                    }
                    if found == Self.claimed {
                        isBeingClaimed = true
                        continue
                    }
                    let word = unsafe cells[index + Self.slotsPerBucket].load(ordering: .relaxed)
                    // The first that has expired, so that two threads with one key choose the same.
                    guard word != 0, best.expiry > now else { continue }
                    let end = expiry(word)
                    if end < best.expiry { best = unsafe Candidate(slot: cells + index, key: found, expiry: end) }
                }
                bucket = self.bucket(after: bucket, of: key)
            }
            if isBeingClaimed, rescans < Self.mostRescans {
                rescans += 1
                continue
            }
            guard let slot = unsafe best.slot,
                unsafe slot[0].compareExchange(
                    expected: best.key, desired: Self.claimed, ordering: .acquiring
                ).exchanged
            else { continue }
            if best.expiry > now { evicted.wrappingAdd(1, ordering: .relaxed) }
            unsafe slot[Self.slotsPerBucket].store(0, ordering: .relaxed)
            unsafe slot[0].store(key, ordering: .releasing)
            return unsafe slot
        }
    }
}

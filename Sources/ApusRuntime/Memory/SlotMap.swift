/// Which slots are taken: one bit each, and above 4,096 of them two bits that say "any" and "all".
///
/// The upper bits make the next taken slot and the first free one a matter of a few instructions, up to millions of
/// slots: a search looks at one word, and then at one bit for every 64 words.
@safe @usableFromInline struct SlotMap: ~Copyable {
    /// `capacity / 64` words of slots, then the words of "any", then those of "all".
    @usableFromInline var words: UnsafeMutablePointer<UInt64>
    private var wordCount: Int
    private var summaryCount: Int
    /// No summary word below this one has room.
    private var firstRoom = 0

    /// Makes a map of free slots.
    /// - Parameter capacity: The number of slots, a power of two, at least 64.
    init(capacity: Int) {
        wordCount = capacity / 64
        summaryCount = (wordCount + 63) / 64
        unsafe words = .allocate(capacity: wordCount + 2 * summaryCount)
        unsafe words.initialize(repeating: 0, count: wordCount + 2 * summaryCount)
    }

    // Inlinable, here and in what holds it: the optimiser (6.3) asserts where a stored property's is not.
    @inlinable deinit { unsafe words.deallocate() }

    private var any: UnsafeMutablePointer<UInt64> { unsafe words + wordCount }
    private var all: UnsafeMutablePointer<UInt64> { unsafe words + wordCount + summaryCount }

    /// Takes the lowest free slot; nil when all are taken.
    @usableFromInline mutating func insertFirstFree() -> Int? {
        while firstRoom < summaryCount {
            let word = unsafe firstRoom * 64 + (~all[firstRoom]).trailingZeroBitCount
            if word < min(firstRoom * 64 + 64, wordCount) {
                let slot = unsafe word * 64 + (~words[word]).trailingZeroBitCount
                insert(slot)
                return slot
            }
            firstRoom += 1
        }
        return nil
    }

    private mutating func insert(_ slot: Int) {
        let word = slot / 64
        unsafe words[word] |= 1 << UInt64(slot % 64)
        unsafe any[word / 64] |= 1 << UInt64(word % 64)
        if unsafe words[word] == .max { unsafe all[word / 64] |= 1 << UInt64(word % 64) }
    }

    /// Frees a slot.
    @usableFromInline mutating func remove(_ slot: Int) {
        let word = slot / 64
        unsafe words[word] &= ~(1 << UInt64(slot % 64))
        unsafe all[word / 64] &= ~(1 << UInt64(word % 64))
        if unsafe words[word] == 0 { unsafe any[word / 64] &= ~(1 << UInt64(word % 64)) }
        firstRoom = min(firstRoom, word / 64)
    }

    /// The lowest taken slot above `slot`.
    @usableFromInline func next(after slot: Int) -> Int? {
        let first = slot + 1
        var word = first / 64
        guard word < wordCount else { return nil }
        let rest = unsafe words[word] >> UInt64(first % 64)
        if rest != 0 { return first + rest.trailingZeroBitCount }
        word += 1
        var summary = word / 64
        guard summary < summaryCount else { return nil }
        var bits = unsafe any[summary] & (.max << UInt64(word % 64))
        while bits == 0 {
            summary += 1
            guard summary < summaryCount else { return nil }
            bits = unsafe any[summary]
        }
        word = summary * 64 + bits.trailingZeroBitCount
        return unsafe word * 64 + words[word].trailingZeroBitCount
    }

    /// Changes the number of slots; those that go must be free.
    mutating func resize(to capacity: Int) {
        let other = SlotMap(capacity: capacity)
        for word in 0..<min(wordCount, other.wordCount) {
            unsafe other.words[word] = unsafe words[word]
            if unsafe words[word] != 0 { unsafe other.any[word / 64] |= 1 << UInt64(word % 64) }
            if unsafe words[word] == .max { unsafe other.all[word / 64] |= 1 << UInt64(word % 64) }
        }
        self = other
    }
}

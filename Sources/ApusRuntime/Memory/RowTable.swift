public import Synchronization

/// Rows of six words, such as what is counted of each connection: one thread inserts, writes and
/// removes them, any thread reads them meanwhile without stopping it.
///
/// The first word says who has the row: its lower half is odd while somebody does, one more at each coming and going;
/// beside it stand the row's place and a tag. A reader copies the
/// row and takes the copy only when that word stood before and after (a seqlock, as of H. Boehm, "Can Seqlocks Get Along
/// With Programming Language Memory Models?", 2012); numbers that change meanwhile are each whole, and nearly of one
/// moment. Rows are carved from chunks that stay until the table ends: a flood's memory is used again, not given back.
///
/// Unchecked Sendable holds because the words and the pointers to them are atomic, the list of free rows belongs to the
/// one writer, and chunks live as long as the table. SPI rather than `package`, which the compiler does not inline
/// across modules: rows are written at every request.
@_spi(Apus) @safe public final class RowTable: @unchecked Sendable {
    @usableFromInline typealias Word = Atomic<UInt64>

    /// Words in a row; the first is the table's own.
    public static var wordsInRow: Int { @inlinable get { 6 } }
    /// The most rows of one table.
    package static let mostRows = chunkRows * mostChunks

    private static let chunkRows = 4096
    // As many as a row's own word can tell apart: 2²⁴ rows.
    private static let mostChunks = 4096

    private let chunks: UnsafeMutablePointer<Atomic<UnsafeMutablePointer<Word>?>>
    private let carved = Atomic<Int>(0)
    private let live = Atomic<Int>(0)
    // The first free row, plus one; each free row's second word names the next. The writer's alone.
    @safe @exclusivity(unchecked) private var free = 0

    /// A row that somebody has, for the one writer; it does not keep the table alive.
    ///
    /// Unchecked Sendable holds because the words are atomic.
    @safe @frozen public struct Row: BitwiseCopyable, @unchecked Sendable {
        @usableFromInline let words: UnsafeMutablePointer<Word>

        @inlinable init(words: UnsafeMutablePointer<Word>) { unsafe self.words = unsafe words }

        /// A word, 1 to 5.
        public subscript(_ word: Int) -> UInt64 {
            @inlinable @inline(__always) get {
                assert(word > 0 && word < RowTable.wordsInRow)
                return unsafe words[word].load(ordering: .relaxed)
            }
            @inlinable @inline(__always) nonmutating set {
                assert(word > 0 && word < RowTable.wordsInRow)
                unsafe words[word].store(newValue, ordering: .relaxed)
            }
        }

        /// Its place in the table.
        @inlinable public var index: Int { Int(unsafe words[0].load(ordering: .relaxed) >> 32 & 0xFF_FFFF) }

        /// Who has it: odd, and never the same for two tenants of a row within 2³¹.
        @inlinable public var generation: UInt32 {
            UInt32(truncatingIfNeeded: unsafe words[0].load(ordering: .relaxed))
        }
    }

    /// What a row held at one moment.
    package struct Copy: Sendable {
        /// Its place in the table.
        package let index: Int
        private let words: InlineArray<6, UInt64>

        init(index: Int, words: InlineArray<6, UInt64>) {
            self.index = index
            self.words = words
        }

        /// Who had it.
        package var generation: UInt32 { UInt32(truncatingIfNeeded: words[0]) }
        /// The tag that it was inserted with.
        package var tag: UInt8 { UInt8(truncatingIfNeeded: words[0] >> 56) }

        /// A word, 1 to 5.
        package subscript(_ word: Int) -> UInt64 { words[word] }
    }

    /// An empty table, which has no memory for rows yet.
    package init() {
        // Zeroed, which is nil: what is never used costs no memory.
        unsafe chunks = Pages.map(Self.mostChunks * 8).bindMemory(
            to: Atomic<UnsafeMutablePointer<Word>?>.self, capacity: Self.mostChunks)
    }

    deinit {
        for index in 0..<Self.mostChunks {
            guard let chunk = unsafe chunks[index].load(ordering: .relaxed) else { break }
            unsafe Pages.unmap(UnsafeMutableRawPointer(chunk), Self.chunkRows * Self.wordsInRow * 8)
        }
        unsafe Pages.unmap(UnsafeMutableRawPointer(chunks), Self.mostChunks * 8)
    }

    /// Rows that somebody has. Any thread.
    package var count: Int { live.load(ordering: .relaxed) }

    /// The places that were ever used: a walk from 0 to here sees every row. Any thread.
    package var end: Int { carved.load(ordering: .acquiring) }

    /// Gives somebody a row with these words; nil when ``mostRows`` are out. By the only writer.
    ///
    /// - Parameters:
    ///   - tag: Something of the tenant that does not change.
    ///   - fill: Writes the words 1 to 5, which hold what the last tenant left.
    package func insert(tag: UInt8 = 0, _ fill: (Row) -> Void) -> Row? {
        let index: Int
        let isFresh = free == 0
        if !isFresh {
            index = free - 1
        } else {
            index = carved.load(ordering: .relaxed)
            guard index < Self.mostRows else { return nil }
            if index % Self.chunkRows == 0 { map(index / Self.chunkRows) }
        }
        guard let words = unsafe words(index) else { return nil }
        if !isFresh { unsafe free = Int(words[1].load(ordering: .relaxed)) }
        let row = unsafe Row(words: words)
        fill(row)
        let generation = unsafe UInt32(truncatingIfNeeded: words[0].load(ordering: .relaxed)) &+ 1
        unsafe words[0].store(
            UInt64(tag) << 56 | UInt64(index) << 32 | UInt64(generation), ordering: .releasing)
        if isFresh { carved.store(index + 1, ordering: .releasing) }
        live.store(live.load(ordering: .relaxed) + 1, ordering: .relaxed)
        return row
    }

    /// Takes a row from whoever had it. By the only writer, once for each insertion.
    package func remove(_ row: Row) {
        let index = row.index
        unsafe row.words[0].store(UInt64(row.generation &+ 1), ordering: .relaxed)
        // Readers must see that the row has no tenant before they can see the next one's words.
        atomicMemoryFence(ordering: .releasing)
        row[1] = UInt64(free)
        free = index + 1
        live.store(live.load(ordering: .relaxed) - 1, ordering: .relaxed)
    }

    /// The row at a place, unless nobody has it or its tenant goes just now. Any thread.
    package func copy(at index: Int) -> Copy? {
        guard index >= 0, index < end, let words = unsafe words(index) else { return nil }
        let before = unsafe words[0].load(ordering: .acquiring)
        guard before & 1 == 1 else { return nil }
        var copied = InlineArray<6, UInt64>(repeating: 0)
        copied[0] = before
        for word in 1..<Self.wordsInRow { copied[word] = unsafe words[word].load(ordering: .relaxed) }
        atomicMemoryFence(ordering: .acquiring)
        guard unsafe words[0].load(ordering: .relaxed) == before else { return nil }
        return Copy(index: index, words: copied)
    }

    /// The row at a place if `generation` still has it. By the only writer.
    package func find(_ index: Int, generation: UInt32) -> Row? {
        guard index >= 0, index < end, generation & 1 == 1, let words = unsafe words(index) else { return nil }
        let row = unsafe Row(words: words)
        return row.generation == generation ? row : nil
    }

    private func words(_ index: Int) -> UnsafeMutablePointer<Word>? {
        guard let chunk = unsafe chunks[index / Self.chunkRows].load(ordering: .acquiring) else { return nil }
        return unsafe chunk + index % Self.chunkRows * Self.wordsInRow
    }

    private func map(_ chunk: Int) {
        let count = Self.chunkRows * Self.wordsInRow
        // Zeroed memory is a chunk of free rows.
        let words = unsafe Pages.map(count * 8).bindMemory(to: Word.self, capacity: count)
        unsafe chunks[chunk].store(words, ordering: .releasing)
    }
}

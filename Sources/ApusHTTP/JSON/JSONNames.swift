/// The names of the objects that are open, as hashes: whether one comes twice.
///
/// 64 of them, those of all open objects together, need no memory of the heap. Up to 16 names of an object are compared
/// as they come, more when the object ends, sorted. Two names with one hash would be taken for the same; in 64 bits
/// that happens to nobody who does not want it, and who does is refused.
struct JSONNames {
    private static let mostInline = 64
    private static let mostCompared = 16

    private var near = InlineArray<64, UInt64>(repeating: 0)
    private var far: [UInt64] = []
    private var count = 0
    /// The number of names outside the object of each depth.
    private var starts = InlineArray<129, UInt32>(repeating: 0)

    /// An object begins.
    mutating func begin(_ depth: Int) { starts[depth] = UInt32(truncatingIfNeeded: count) }

    /// Adds a name of the innermost object; false when it has it already.
    mutating func insert(_ hash: UInt64, _ depth: Int) -> Bool {
        let start = Int(starts[depth])
        if count - start < Self.mostCompared {
            var index = start
            while index < count {
                if self[index] == hash { return false }
                index &+= 1
            }
        }
        if count < Self.mostInline { near[count] = hash } else { far.append(hash) }
        count += 1
        return true
    }

    /// The innermost object ends; false when some name came twice.
    mutating func end(_ depth: Int) -> Bool {
        let start = Int(starts[depth])
        defer {
            if count > Self.mostInline { far.removeLast(count - max(start, Self.mostInline)) }
            count = start
        }
        guard count - start > Self.mostCompared else { return true }
        let sorted = (start..<count).map { self[$0] }.sorted()
        return zip(sorted, sorted.dropFirst()).allSatisfy { $0 != $1 }
    }

    private subscript(index: Int) -> UInt64 {
        index < Self.mostInline ? near[index] : far[index - Self.mostInline]
    }

    /// A hash of some bytes, eight at a time.
    @inline(__always)
    static func hash(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
        var hash = 0x9E37_79B9_7F4A_7C15 &+ UInt64(truncatingIfNeeded: range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let count = min(8, range.upperBound &- index)
            hash = (hash ^ bytes.word(index, count: count)) &* 0xD6E8_FEB8_6659_FD93
            hash ^= hash &>> 32
            index &+= 8
        }
        return hash
    }
}

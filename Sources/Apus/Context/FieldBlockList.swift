import ApusHTTP
import ApusRuntime

/// The blocks of fields that go with an answer. Used again from request to request: as most requests of a route get the same
/// blocks in the same order, a place keeps its block when the list is emptied, and taking the same one again costs a
/// comparison, no counting of references.
@safe struct FieldBlockList {
    @safe private struct Place {
        /// Kept by `block`.
        let reference: Unmanaged<FieldBlock>
        let block: FieldBlock
        /// Of the blocks up to this one: the bytes that they take in HTTP/1.1.
        let byteCount: Int
        /// Their names, but for those of which a second field adds to the first.
        let names: FieldNameSet
        /// Whether no two of them have such a name in common.
        let isPlain: Bool
    }

    private var places: ContiguousArray<Place> = []
    /// The number of blocks.
    private(set) var count = 0

    @inline(__always) var isEmpty: Bool { count == 0 }
    var indices: Range<Int> { 0..<count }

    /// The bytes that the blocks take in HTTP/1.1.
    @inline(__always) var byteCount: Int { count == 0 ? 0 : places[count &- 1].byteCount }

    subscript(index: Int) -> FieldBlock {
        get {
            precondition(index < count, "there is no such block")
            return places[index].block
        }
        set {
            precondition(index < count, "there is no such block")
            let behind = places[(index + 1)..<count].map(\.block)
            count = index
            append(newValue)
            for block in behind { append(block) }
        }
    }

    /// Adds a block behind the others.
    @inline(__always)
    mutating func append(_ block: FieldBlock) {
        if count < places.count, unsafe places[count].reference.toOpaque() == Unmanaged.passUnretained(block).toOpaque()
        {
            count &+= 1
        } else {
            place(block)
        }
    }

    @inline(never)
    private mutating func place(_ block: FieldBlock) {
        // What stands behind was counted up with what stood here.
        places.removeSubrange(count...)
        let before = places.last
        var own = block.names
        own.remove(.vary)
        own.remove(.setCookie)
        var names = before?.names ?? FieldNameSet()
        let isPlain = (before?.isPlain ?? true) && names.isDisjoint(with: own)
        names.formUnion(own)
        unsafe places.append(
            Place(
                reference: .passUnretained(block), block: block, byteCount: (before?.byteCount ?? 0) + block.byteCount,
                names: names, isPlain: isPlain))
        count += 1
    }

    /// Forgets the blocks, but for their memory.
    @inline(__always) mutating func removeAll() { count = 0 }

    /// Whether all the fields are sent as they are, beside others of these names.
    @inline(__always)
    func isPlain(beside names: FieldNameSet) -> Bool {
        count == 0 || places[count &- 1].isPlain && places[count &- 1].names.isDisjoint(with: names)
    }

    /// Writes all the lines, those of the last block first.
    @inline(__always)
    func appendAll(to buffer: inout Buffer) {
        var index = count
        while index > 0 {
            index &-= 1
            unsafe places[index].reference._withUnsafeGuaranteedRef { buffer.append($0) }
        }
    }
}

// Recognising a name: one look at the slots, and a comparison with the one row that it can be.

extension KnownField {
    /// The known field whose name is `name`, in whatever case; `none` for any other.
    init(_ name: RawSpan) {
        let count = name.byteCount
        guard count > 0, count < Self.spellingWidth else {
            self = .none
            return
        }
        // The parser compares names together with their colon.
        self = unsafe withUnsafeTemporaryAllocation(byteCount: Self.spellingWidth, alignment: 8) { room in
            unsafe name.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
            unsafe room[count] = .colon
            return unsafe KnownField(rawValue: Self.code(of: room.bytes, at: 0, count: count)) ?? .none
        }
    }

    /// The number of the known field whose name, `count` bytes long and followed by a colon, stands at `start`; 0 for
    /// any other.
    @inline(__always)
    static func code(of bytes: RawSpan, at start: Int, count: Int) -> UInt8 {
        let whole = count &+ 1
        let first: UInt64
        let last: UInt64
        if whole >= 8 {
            guard whole <= spellingWidth else { return 0 }
            first = bytes.word(start)
            last = bytes.word(start &+ whole &- 8)
        } else {
            first = bytes.word(start, count: whole)
            last = first
        }
        let code = slots.byte(slot(first: first, last: last, count: count)) &- 0x21
        let row = Int(code) &* spellingWidth
        if whole >= 8 {
            guard matches(first, spellings.word(row)),
                matches(last, spellings.word(row &+ whole &- 8))
            else { return 0 }
            var middle = 8
            while middle &+ 8 < whole {
                guard matches(bytes.word(start &+ middle), spellings.word(row &+ middle)) else { return 0 }
                middle &+= 8
            }
        } else {
            let kept = (1 as UInt64 &<< UInt64(truncatingIfNeeded: whole &* 8)) &- 1
            guard matches(first, spellings.word(row) & kept) else { return 0 }
        }
        return code
    }

    /// Whether `bytes` are those of `spelling` but for the case of its letters.
    @inline(__always)
    private static func matches(_ bytes: UInt64, _ spelling: UInt64) -> Bool {
        // Of the characters in a spelling, letters alone have bit 6; theirs is the only case to overlook.
        let letters = (spelling & 0x4040_4040_4040_4040) &>> 1
        return (bytes ^ spelling) & ~letters == 0
    }

    /// A known field's name as it is usually spelled.
    @usableFromInline struct Spelling {
        let code: UInt8

        /// The bytes of the name without its colon.
        var count: Int {
            let row = Int(code) &* spellingWidth
            var count = 0
            while spellings.byte(row &+ count) != .colon { count &+= 1 }
            return count
        }

        /// Calls `body` with the bytes of the name.
        func withUTF8Span<R>(_ body: (RawSpan) -> R) -> R {
            let start = unsafe UnsafeRawPointer(spellings.utf8Start) + Int(code) &* spellingWidth
            return body(unsafe RawSpan(_unsafeStart: start, byteCount: count))
        }
    }

    /// The usual spelling of the known field with the number `code`, which must not be 0.
    static func spelling(of code: UInt8) -> Spelling { Spelling(code: code) }
}

/// The fields of one head as places in its bytes: storage that is filled again for each message.
///
/// It owns room for as many fields as the limits allow and allocates nothing while parsing. Not to be shared between
/// loops.
@safe public struct FieldTable: ~Copyable {
    /// Where one field stands.
    @usableFromInline struct Entry {
        @usableFromInline var nameStart: UInt32
        @usableFromInline var valueStart: UInt32
        @usableFromInline var valueCount: UInt32
        @usableFromInline var nameCount: UInt16
        /// A ``KnownField`` as its number.
        @usableFromInline var code: UInt8
    }

    /// A field of the table: where its name and its value stand.
    @frozen public struct Field {
        /// The name, as it was spelled.
        public let name: ByteSlice
        /// The value, without the white space around it.
        public let value: ByteSlice
        @usableFromInline let code: UInt8

        @inlinable init(_ entry: Entry) {
            name = ByteSlice(start: entry.nameStart, count: UInt32(entry.nameCount))
            value = ByteSlice(start: entry.valueStart, count: entry.valueCount)
            code = entry.code
        }
    }

    @usableFromInline private(set) var entries: UnsafeMutablePointer<Entry>
    @usableFromInline private(set) var capacity: Int
    /// The number of fields.
    public internal(set) var count = 0
    // One bit for each known name that is among the fields.
    @usableFromInline var presentLow: UInt64 = 0
    @usableFromInline var presentHigh: UInt64 = 0

    /// A table with room for `capacity` fields.
    public init(capacity: Int) {
        let capacity = max(capacity, 1)
        unsafe entries = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { unsafe entries.deallocate() }

    @inline(__always)
    mutating func removeAll() {
        count = 0
        presentLow = 0
        presentHigh = 0
    }

    /// Adds a field; the caller has seen that there is room.
    @inline(__always)
    mutating func append(_ entry: Entry) {
        assert(count < capacity)
        unsafe entries.advanced(by: count).initialize(to: entry)
        count &+= 1
        let bit = 1 as UInt64 &<< UInt64(entry.code & 0x3F)
        if entry.code < 64 { presentLow |= bit } else { presentHigh |= bit }
    }

    /// Puts `value` in the place of that of the first field with the number `code`, and takes the others of it away.
    mutating func keepFirst(_ code: UInt8, value: ByteSlice) {
        var kept = 0
        var isFirst = true
        for index in 0..<count {
            var entry = unsafe entries[index]
            if entry.code == code {
                guard isFirst else { continue }
                isFirst = false
                entry.valueStart = value.start
                entry.valueCount = value.count
            }
            unsafe entries[kept] = entry
            kept += 1
        }
        count = kept
    }

    mutating func copy(from other: borrowing FieldTable) {
        if capacity < other.count { reserve(other.count) }
        unsafe entries.update(from: other.entries, count: other.count)
        count = other.count
        presentLow = other.presentLow
        presentHigh = other.presentHigh
    }

    @inline(__always)
    mutating func reserve(_ minimum: Int) {
        if minimum > capacity { grow(to: minimum) }
    }

    @inline(never)
    private mutating func grow(to minimum: Int) {
        let grown = UnsafeMutablePointer<Entry>.allocate(capacity: minimum)
        unsafe grown.update(from: entries, count: count)
        unsafe entries.deallocate()
        unsafe entries = grown
        capacity = minimum
    }

    /// The field at `index`, which must be from 0 to ``count``.
    @inlinable public subscript(index: Int) -> Field {
        precondition(index >= 0 && index < count)
        return unsafe Field(entries[index])
    }

    @inlinable func mayContain(_ code: UInt8) -> Bool {
        (code < 64 ? presentLow : presentHigh) &>> UInt64(code & 0x3F) & 1 == 1
    }

    /// The first field called `name`, looked for from `index` on, or `count`.
    @inlinable func index(of name: borrowing HTTPField.Name, from index: Int, in bytes: RawSpan) -> Int {
        let code = name.code
        guard mayContain(code) else { return count }
        var index = index
        while index < count {
            let entry = unsafe entries[index]
            if entry.code == code {
                if code != 0 || name.matches(Field(entry).name.of(bytes)) { break }
            }
            index += 1
        }
        return index
    }

    /// Whether a field called `name` is among them.
    @inlinable public func contains(_ name: HTTPField.Name, in bytes: RawSpan) -> Bool {
        index(of: name, from: 0, in: bytes) < count
    }

    /// Where the value of the first field called `name` stands, or nil when there is none.
    @inlinable public func first(_ name: HTTPField.Name, in bytes: RawSpan) -> ByteSlice? {
        let found = index(of: name, from: 0, in: bytes)
        return found < count ? unsafe Field(entries[found]).value : nil
    }

    /// Calls `body` with the value of each field called `name`, in their order.
    @inlinable public func forEach<E: Error>(
        _ name: HTTPField.Name, in bytes: RawSpan, _ body: (RawSpan) throws(E) -> Void
    ) throws(E) {
        var found = index(of: name, from: 0, in: bytes)
        while found < count {
            try body(unsafe Field(entries[found]).value.of(bytes))
            found = index(of: name, from: found + 1, in: bytes)
        }
    }

    /// The name of `field`: one of the known ones without allocating, or one made of its bytes.
    public func name(of field: Field, in bytes: RawSpan) -> HTTPField.Name {
        if let known = KnownField(rawValue: field.code), known != .none { return HTTPField.Name(known) }
        return HTTPField.Name(unchecked: String(copyingASCII: field.name.of(bytes)))
    }

    /// All the fields, copied out of `bytes`.
    public func fields(in bytes: RawSpan) -> HTTPFields {
        var fields = HTTPFields()
        fields.reserveCapacity(count)
        for index in 0..<count {
            let field = self[index]
            fields.append(
                HTTPField(
                    unchecked: name(of: field, in: bytes), value: String(copyingLatin1OrUTF8: field.value.of(bytes))))
        }
        return fields
    }
}

/// The decoder of one connection's header blocks (RFC 7541).
///
/// It holds the dynamic table and nothing else; the fields go into a ``HeaderBlock`` that a loop's connections share. A
/// connection whose peer indexes nothing allocates nothing. Not to be shared between loops.
///
/// ```swift
/// var decoder = HPACKDecoder()
/// var block = HeaderBlock()
/// let bytes: [UInt8] = [0x82, 0x86, 0x84, 0x41, 0x01, 0x61]
/// try unsafe decoder.decode(bytes.span.bytes, as: .request, into: &block)
/// var head = RequestHead()
/// try block.fill(&head)
/// assert(head.methodKind == .get)
/// ```
public struct HPACKDecoder: ~Copyable {
    private var table: HPACKDynamicTable
    /// What our SETTINGS_HEADER_TABLE_SIZE allows, as far as the peer has acknowledged it.
    private var limit: Int
    private var awaitsSizeUpdate = false

    /// SETTINGS_HEADER_TABLE_SIZE before any SETTINGS frame (RFC 9113, 6.5.2), in octets.
    public static var defaultTableSize: Int { 4096 }

    /// The largest table that a setting may allow, in octets.
    public static var largestTableSize: Int { HPACKDynamicTable.largestSize }

    /// A decoder with an empty table of ``defaultTableSize``.
    public init() {
        limit = Self.defaultTableSize
        table = HPACKDynamicTable(maximumSize: limit)
    }

    /// Heeds our SETTINGS_HEADER_TABLE_SIZE, to be called when the peer has acknowledged it. When that lowers what the
    /// table may take, the next block must begin with a size update (RFC 7541, 4.2).
    /// - Parameter size: the setting in octets, 0 to ``largestTableSize``; what is above becomes that.
    public mutating func setTableSizeLimit(_ size: Int) {
        limit = min(max(size, 0), Self.largestTableSize)
        awaitsSizeUpdate = limit < table.maximumSize
    }

    /// The bytes of memory that the dynamic table takes now.
    public var allocatedByteCount: Int { table.allocatedByteCount }

    /// The number of fields in the dynamic table.
    public var tableCount: Int { table.count }

    /// The size of the dynamic table as RFC 7541, 4.1 counts it.
    public var tableSize: Int { table.size }

    /// Decodes a whole header block: what HEADERS and its CONTINUATION frames carry, one behind the other.
    ///
    /// Whatever is wrong with the message alone, its size included, does not end the decoding, for the table must be kept
    /// right: ask `block` for it afterwards.
    ///
    /// - Parameters:
    ///   - bytes: the block, below 4 GiB.
    ///   - kind: what the fields belong to.
    ///   - block: what takes the fields; whatever it held is forgotten.
    /// - Throws: ``HPACKError``, after which the connection ends with COMPRESSION_ERROR and neither decoder nor block is
    ///   used again (the block may be, for another connection).
    public mutating func decode(
        _ bytes: RawSpan, as kind: HeaderBlock.Kind, into block: inout HeaderBlock
    ) throws(HPACKError) {
        block.begin(kind)
        let end = bytes.byteCount
        var position = 0
        while position < end, bytes.byte(position) & 0xE0 == 0x20 {
            let size = try Self.integer(bytes, &position, mask: 0x1F)
            guard size <= limit else { throw .tableTooLarge }
            table.resize(to: size)
            awaitsSizeUpdate = false
        }
        if awaitsSizeUpdate, end > 0 { throw .missingSizeUpdate }
        while position < end {
            let first = bytes.byte(position)
            if first >= 0x80 {
                let index = try Self.integer(bytes, &position, mask: 0x7F)
                if index &- 1 < HPACKStaticTable.count {
                    guard index > 0 else { throw .invalidIndex }
                    block.append(staticField: index)
                } else {
                    let place = index &- HPACKStaticTable.count &- 1
                    guard place < table.count else { throw .invalidIndex }
                    let entry = table.entry(place)
                    unsafe block.append(table.bytes(of: entry), entry)
                }
            } else if first >= 0x40 {
                try literal(bytes, &position, mask: 0x3F, isIndexed: true, into: &block)
            } else if first < 0x20 {
                try literal(bytes, &position, mask: 0x0F, isIndexed: false, into: &block)
            } else {
                throw .misplacedSizeUpdate
            }
        }
        block.finish()
    }

    /// Reads a literal field (RFC 7541, 6.2): into the block's room first, for only its octets there, decoded, are what
    /// is looked at, remembered and taken or dropped.
    @inline(__always)
    private mutating func literal(
        _ bytes: RawSpan, _ position: inout Int, mask: UInt8, isIndexed: Bool, into block: inout HeaderBlock
    ) throws(HPACKError) {
        let index = try Self.integer(bytes, &position, mask: mask)
        var entry: HPACKDynamicTable.Entry
        var nameCount: Int
        if index == 0 {
            nameCount = try Self.string(bytes, &position, at: 0, into: &block)
            entry = block.judgeName(count: nameCount)
        } else if index <= HPACKStaticTable.count {
            let known = HPACKStaticTable.entry(index)
            nameCount = Int(known.nameCount)
            unsafe block.put(HPACKStaticTable.bytes(index), count: nameCount)
            entry = HPACKDynamicTable.Entry(
                position: 0, nameCount: 0, valueCount: 0, code: known.code, nameFault: 0, valueFault: 0)
        } else {
            let place = index &- HPACKStaticTable.count &- 1
            guard place < table.count else { throw .invalidIndex }
            entry = table.entry(place)
            nameCount = Int(entry.nameCount)
            unsafe block.put(table.bytes(of: entry), count: nameCount)
        }
        let valueCount = try Self.string(bytes, &position, at: nameCount, into: &block)
        entry.valueFault = block.judgeValue(at: nameCount, count: valueCount)
        if isIndexed {
            entry.nameCount = UInt16(truncatingIfNeeded: nameCount)
            entry.valueCount = UInt16(truncatingIfNeeded: valueCount)
            unsafe table.add(block.room, entry, byteCount: nameCount &+ valueCount)
        }
        block.admit(
            entry.code, fault: entry.nameFault != 0 ? entry.nameFault : entry.valueFault, nameCount: nameCount,
            valueCount: valueCount)
    }

    /// Reads a string (RFC 7541, 5.2) into the block's room at `offset`, and returns the count of its octets.
    @inline(__always)
    private static func string(
        _ bytes: RawSpan, _ position: inout Int, at offset: Int, into block: inout HeaderBlock
    ) throws(HPACKError) -> Int {
        guard position < bytes.byteCount else { throw .truncated }
        let isCoded = bytes.byte(position) >= 0x80
        let count = try integer(bytes, &position, mask: 0x7F)
        guard count <= bytes.byteCount &- position else { throw .truncated }
        let start = position
        position &+= count
        if isCoded {
            block.reserve(offset &+ HPACKHuffman.capacity(count))
            let decoded = unsafe HPACKHuffman.decode(bytes, from: start, count: count, into: block.room + offset)
            guard decoded >= 0 else { throw .invalidHuffmanCode }
            return decoded
        }
        block.reserve(offset &+ count)
        block.copy(bytes, from: start, count: count, to: offset)
        return count
    }

    /// Reads an integer (RFC 7541, 5.1) whose first octet, at `position`, holds it in the bits of `mask` or all of them.
    @inline(__always)
    private static func integer(
        _ bytes: RawSpan, _ position: inout Int, mask: UInt8
    ) throws(HPACKError) -> Int {
        let prefix = bytes.byte(position) & mask
        position &+= 1
        if prefix < mask { return Int(prefix) }
        return try longInteger(bytes, &position, prefix: Int(prefix))
    }

    @inline(never)
    private static func longInteger(
        _ bytes: RawSpan, _ position: inout Int, prefix: Int
    ) throws(HPACKError) -> Int {
        var value = prefix
        var shift = 0
        while true {
            guard position < bytes.byteCount else { throw .truncated }
            guard shift <= 21 else { throw .integerTooLarge }
            let octet = bytes.byte(position)
            position &+= 1
            value &+= Int(octet & 0x7F) &<< shift
            if octet < 0x80 { break }
            shift &+= 7
        }
        guard value < 1 &<< 28 else { throw .integerTooLarge }
        return value
    }
}

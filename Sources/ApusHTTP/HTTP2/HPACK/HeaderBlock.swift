/// The fields of one decoded header block: the octets in one run, and where each field stands in it.
///
/// A loop has one and its connections share it: ``HPACKDecoder`` fills it again for each block. What must outlive that is
/// kept as a copy of ``bytes`` and of the head that was filled from it. Not to be shared between loops.
@safe public struct HeaderBlock: ~Copyable {
    /// What the fields of a block belong to, which decides what may be among them.
    @frozen public enum Kind: UInt8, Hashable, Sendable {
        /// A request's head.
        case request
        /// A response's head, interim or final.
        case response
        /// The trailers of either.
        case trailers
    }

    /// How much is taken before a message is refused. Decoding goes on all the same, for the table must be kept right.
    public struct Limits: Sendable, Equatable {
        /// The most that the fields may take in all, each counted with its name, its value and 32 octets more: what
        /// SETTINGS_MAX_HEADER_LIST_SIZE tells the peer (RFC 9113, 6.5.2). Default 64 KiB.
        public var listSize: Int
        /// The most regular fields, cookie crumbs among them. Default 100.
        public var fieldCount: Int
        /// The longest `:path` in octets. Default 8 KiB.
        public var path: Int

        /// Limits with the defaults for whatever is not given.
        public init(listSize: Int = 64 * 1024, fieldCount: Int = 100, path: Int = 8 * 1024) {
            self.listSize = listSize
            self.fieldCount = fieldCount
            self.path = path
        }
    }

    /// Octets that may be read and written behind the room, so that copies and scans go by whole blocks.
    static var slack: Int { 64 }
    /// Storage above this is given back when the next block begins.
    private static var largestKept: Int { 256 * 1024 }

    /// How much is taken.
    public let limits: Limits
    /// The regular fields; of a request, with the ``authority`` as Host among them and the Cookie in one
    /// (RFC 9113, 8.2.3 and 8.3.1).
    public internal(set) var fields: FieldTable
    /// What the fields belong to.
    public internal(set) var kind = Kind.request
    /// Where `:method` stands; empty without one, as all that follow.
    public internal(set) var method = ByteSlice(start: 0, count: 0)
    /// Where `:scheme` stands.
    public internal(set) var scheme = ByteSlice(start: 0, count: 0)
    /// Where `:authority` stands, or the Host of a request without it.
    public internal(set) var authority = ByteSlice(start: 0, count: 0)
    /// Where `:path` stands, with its query.
    public internal(set) var path = ByteSlice(start: 0, count: 0)
    /// Where `:protocol` stands (RFC 8441, 4).
    public internal(set) var `protocol` = ByteSlice(start: 0, count: 0)
    /// Where `:status` stands.
    public internal(set) var status = ByteSlice(start: 0, count: 0)
    /// What the fields count in all: names, values and 32 octets for each (RFC 9113, 6.5.2).
    public internal(set) var listSize = 0
    /// Whether the limits are exceeded; fields beyond them were dropped.
    public internal(set) var isTooLarge = false
    /// The first thing that is wrong with the fields themselves, or nil. What a request or response lacks in all is told
    /// when its head is made.
    public internal(set) var malformation: HTTP2Malformation?
    /// The number of octets of content that Content-Length announces, or −1 when there is no such field.
    public internal(set) var announcedLength: Int64 = -1
    /// Whether a request waits for `100 Continue` before it sends its content.
    public internal(set) var expectsContinue = false

    // One bit for each pseudo-field that came.
    var pseudoFields: UInt8 = 0
    var hasRegularField = false
    var hasHost = false
    var cookieCount = 0

    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    /// A block with room for as many fields as `limits` allow.
    public init(limits: Limits = Limits()) {
        self.limits = limits
        // One more for the Host that is made of an authority.
        fields = FieldTable(capacity: limits.fieldCount + 1)
        capacity = 2048
        unsafe base = .allocate(byteCount: capacity + Self.slack, alignment: 16)
    }

    deinit { unsafe base.deallocate() }

    /// The octets of the fields, to which all places refer.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Forgets all, to take the fields of a new block.
    mutating func begin(_ kind: Kind) {
        self.kind = kind
        fields.removeAll()
        method = ByteSlice(start: 0, count: 0)
        scheme = ByteSlice(start: 0, count: 0)
        authority = ByteSlice(start: 0, count: 0)
        path = ByteSlice(start: 0, count: 0)
        `protocol` = ByteSlice(start: 0, count: 0)
        status = ByteSlice(start: 0, count: 0)
        listSize = 0
        isTooLarge = false
        malformation = nil
        announcedLength = -1
        expectsContinue = false
        pseudoFields = 0
        hasRegularField = false
        hasHost = false
        cookieCount = 0
        count = 0
        if capacity > Self.largestKept { shrink() }
    }

    private mutating func shrink() {
        unsafe base.deallocate()
        capacity = 2048
        unsafe base = .allocate(byteCount: capacity + Self.slack, alignment: 16)
    }
}

// The room: the octets behind those that were taken, where a field stands while it is judged.
extension HeaderBlock {
    /// The first octet of the room; good until room is reserved.
    @unsafe @inline(__always)
    var room: UnsafeMutableRawPointer { unsafe base + count }

    /// Makes room for `byteCount` octets, with ``slack`` behind them. What is in the room stays there.
    @inline(__always)
    mutating func reserve(_ byteCount: Int) {
        if capacity &- count < byteCount { grow(byteCount) }
    }

    @inline(never)
    private mutating func grow(_ byteCount: Int) {
        let kept = capacity + Self.slack
        while capacity - count < byteCount { capacity *= 2 }
        let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity + Self.slack, alignment: 16)
        unsafe grown.copyMemory(from: base, byteCount: kept)
        unsafe base.deallocate()
        unsafe base = grown
    }

    /// Copies octets to the front of the room; as many as ``slack`` behind them may be read as well.
    @unsafe @inline(__always)
    mutating func put(_ source: UnsafeRawPointer, count: Int) {
        reserve(count)
        unsafe Self.copyBlocks(source, to: room, count: count)
    }

    /// Copies octets of `bytes` to the room at `offset`, which has been reserved.
    @inline(__always)
    mutating func copy(_ bytes: RawSpan, from start: Int, count: Int, to offset: Int) {
        unsafe bytes.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            unsafe (room + offset).copyMemory(from: source + start, byteCount: count)
        }
    }

    /// Copies `count` octets in blocks of sixteen: less than a call takes, for a field.
    @unsafe @inline(__always)
    private static func copyBlocks(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int) {
        var index = 0
        repeat {
            let block = unsafe source.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
            unsafe target.storeBytes(of: block, toByteOffset: index, as: SIMD16<UInt8>.self)
            index &+= 16
        } while index < count
    }

    /// Takes the field that stands in the room, `byteCount` octets, into the bytes.
    @inline(__always)
    mutating func take(_ byteCount: Int) { count &+= byteCount }

    /// All that was taken and the room behind it, to be judged.
    var judged: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: capacity + Self.slack)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Writes `byte` to the room at `offset`, which has been reserved or lies within the slack.
    @inline(__always)
    mutating func put(byte: UInt8, at offset: Int) {
        unsafe room.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Writes `host` over the last four octets of a pseudo-field's name, which end at `place`.
    @inline(__always)
    mutating func writeHostName(before place: Int) {
        unsafe base.storeBytes(
            of: UInt32(truncatingIfNeeded: word(of: "host")).littleEndian, toByteOffset: place &- 4, as: UInt32.self)
    }

    /// Moves `place` to the end of the room's first `offset` octets.
    @inline(__always)
    mutating func move(_ place: ByteSlice, to offset: Int) {
        unsafe (room + offset).copyMemory(from: base + Int(place.start), byteCount: Int(place.count))
    }
}

/// The streams of one connection: found by number in constant time, kept in records that move only when the table
/// grows, and gone with the last of them when asked.
///
/// A stream is known by its slot, which stays the same as long as it is in the table; what belongs to a stream elsewhere
/// can be kept in an array by slot. An empty table owns no memory; it grows from 8 records of 40 bytes as streams are
/// opened, and ``trim()`` gives all of it back. It belongs to its connection's loop.
///
/// What each frame does in each state is in ``receiveHeaders(on:endsStream:)``, ``receiveData(_:)``,
/// ``receiveReset(on:)`` and ``receiveWindowUpdate(on:_:)``.
@safe public struct HTTP2StreamTable: ~Copyable {
    /// The most streams a table holds, whatever SETTINGS say.
    public static var largestCount: Int { 16_384 }

    /// Which side of the connection this is.
    public let role: HTTP2Role
    /// How many streams the peer may have here at once; one more is refused. A stream that was reset counts until it is
    /// removed, so that a peer which opens and resets cannot have more handlers running than it may have streams.
    public var peerStreamLimit: Int
    /// What a new stream's receive window is: our SETTINGS_INITIAL_WINDOW_SIZE.
    public var initialReceiveWindow: UInt32
    /// What a new stream's send window is: the peer's SETTINGS_INITIAL_WINDOW_SIZE.
    public private(set) var initialSendWindow: UInt32 = HTTP2Settings.initial.initialWindowSize

    /// How many streams are in the table.
    public private(set) var count = 0
    /// How many of them the peer has opened.
    public private(set) var peerCount = 0
    /// The highest stream that the peer has opened; what GOAWAY names.
    public internal(set) var lastPeerStream = HTTP2StreamID.connection
    /// The last of the peer's streams that is served, for GOAWAY, which never names a later one than the GOAWAY before
    /// it (RFC 9113, 6.8).
    public var lastServedStream: HTTP2StreamID { min(lastAcceptedStream, lastPeerStream) }
    /// The highest stream that this side has opened.
    public private(set) var lastLocalStream = HTTP2StreamID.connection
    /// Streams of the peer above this one are ignored: what the last GOAWAY said.
    public internal(set) var lastAcceptedStream = HTTP2StreamID.last
    /// For each of the 64 numbers up to `lastPeerStream` whether it was opened or passed over, the last one lowest.
    var opened: UInt64 = 0
    /// The streams that this side has reset, whose frames may still be under way.
    var resets = HTTP2ResetStreams()
    /// Priorities of streams that are not open yet.
    var early = HTTP2EarlyPriorities()
    var queue = HTTP2SendQueue()

    @usableFromInline var records: UnsafeMutablePointer<HTTP2Stream>
    /// A hash table of slots, twice as large as there are records, 0 for none and else the slot and 1.
    @usableFromInline var index: UnsafeMutablePointer<UInt16>
    /// The number of records: 0, or a power of two from 8 on.
    @usableFromInline var capacity = 0
    private var firstFree = HTTP2SendQueue.none

    /// An empty table.
    /// - Parameters:
    ///   - role: Which side of the connection this is.
    ///   - settings: What this side announces.
    public init(role: HTTP2Role, settings: HTTP2Settings) {
        self.role = role
        peerStreamLimit = role == .server ? min(Int(settings.maxConcurrentStreams), Self.largestCount) : 0
        initialReceiveWindow = settings.initialWindowSize
        // Never touched while the capacity is 0.
        unsafe records = UnsafeMutablePointer(bitPattern: 64).unsafelyUnwrapped
        unsafe index = UnsafeMutablePointer(bitPattern: 64).unsafelyUnwrapped
    }

    // Inlinable, for the optimiser (6.3) asserts where that of a stored property is not.
    @inlinable deinit {
        guard capacity > 0 else { return }
        unsafe records.deallocate()
        unsafe index.deallocate()
    }

    /// Whether no stream is in the table.
    public var isEmpty: Bool { count == 0 }

    /// The stream at `slot`, in place.
    /// - Precondition: `slot` is that of a stream in the table.
    @inlinable public subscript(slot: Int) -> HTTP2Stream {
        @inline(__always) unsafeAddress {
            precondition(slot >= 0 && slot < capacity, "no stream has this slot")
            return unsafe UnsafePointer(records + slot)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(slot >= 0 && slot < capacity, "no stream has this slot")
            return unsafe records + slot
        }
    }

    /// The slot of a stream; nil when it is not in the table.
    @inline(__always)
    public func slot(of id: HTTP2StreamID) -> Int? {
        guard count > 0 else { return nil }
        var place = home(of: id)
        while true {
            let entry = unsafe index[place]
            if entry == 0 { return nil }
            let slot = Int(entry) &- 1
            if unsafe records[slot].id == id { return slot }
            place = (place &+ 1) & mask
        }
    }

    /// Calls `body` with the slot of each stream, in no order; it may remove the stream that it is called with.
    public mutating func forEach(_ body: (inout HTTP2StreamTable, Int) -> Void) {
        var slot = 0
        while slot < capacity, count > 0 {
            if unsafe !records[slot].id.isConnection { body(&self, slot) }
            slot += 1
        }
    }

    /// Opens the next stream of this side, for a request of a client.
    /// - Parameter endsStream: Whether the HEADERS that open it end it too.
    /// - Returns: Its slot; nil when the numbers are used up, or the table is full: go on with another connection.
    public mutating func openLocal(endsStream: Bool) -> Int? {
        let next = lastLocalStream.isConnection ? (role == .client ? 1 : 2) : lastLocalStream.rawValue &+ 2
        guard next <= HTTP2StreamID.last.rawValue, count < Self.largestCount else { return nil }
        lastLocalStream = HTTP2StreamID(next)
        return insert(lastLocalStream, state: endsStream ? .halfClosedLocal : .open)
    }

    /// Notes that END_STREAM was sent.
    /// - Returns: Whether the stream is closed, so that it can be removed.
    @inline(__always)
    public mutating func didSendEnd(_ slot: Int) -> Bool {
        self[slot].state = self[slot].state.afterSentEnd
        return self[slot].state == .closed
    }

    /// Notes that RST_STREAM was sent: the stream is closed, and what still comes of it is ignored.
    /// - Returns: The slot to remove once nothing here needs it, or nil when the stream is not in the table.
    @discardableResult
    public mutating func didReset(_ id: HTTP2StreamID) -> Int? {
        guard let slot = slot(of: id) else {
            resets.insert(id)
            return nil
        }
        if self[slot].state.canReceive { resets.insert(id) }
        dequeue(slot)
        self[slot].state = .closed
        return slot
    }

    /// Takes a stream out of the table, whatever its state; its slot is free for another.
    public mutating func remove(_ slot: Int) {
        dequeue(slot)
        let id = self[slot].id
        precondition(!id.isConnection, "no stream has this slot")
        if id.isOpened(by: role.peer) { peerCount -= 1 }
        count -= 1
        var place = home(of: id)
        while unsafe Int(index[place]) != slot &+ 1 { place = (place &+ 1) & mask }
        closeGap(place)
        self[slot].id = .connection
        self[slot].next = firstFree
        firstFree = UInt16(truncatingIfNeeded: slot)
    }

    /// Gives the memory back when no stream is in the table. For a connection that has become idle.
    public mutating func trim() {
        resets.trim()
        guard count == 0, capacity > 0 else { return }
        unsafe records.deallocate()
        unsafe index.deallocate()
        capacity = 0
        firstFree = HTTP2SendQueue.none
    }

    /// Follows a change of the peer's SETTINGS_INITIAL_WINDOW_SIZE on every stream (RFC 9113, 6.9.2).
    /// - Throws: an error that ends the connection when a window would exceed 2³¹ − 1.
    public mutating func adjustSendWindows(by delta: Int32) throws(HTTP2Error) {
        initialSendWindow = UInt32(bitPattern: Int32(bitPattern: initialSendWindow) &+ delta)
        for slot in 0..<capacity where unsafe !records[slot].id.isConnection {
            guard unsafe records[slot].sendWindow.adjust(by: delta) else { throw HTTP2Error(.windowOverflow) }
        }
    }

    /// Follows a change of our own SETTINGS_INITIAL_WINDOW_SIZE on every stream, once the peer has acknowledged it.
    public mutating func adjustReceiveWindows(by delta: Int32) {
        initialReceiveWindow = UInt32(bitPattern: Int32(bitPattern: initialReceiveWindow) &+ delta)
        for slot in 0..<capacity where unsafe !records[slot].id.isConnection {
            unsafe records[slot].receiveWindow.adjust(by: delta)
        }
    }
}

// The records and the way to them.
extension HTTP2StreamTable {
    private var mask: Int { 2 &* capacity &- 1 }

    /// Where a stream's entry stands unless another was there: one side's numbers fill the places in turn.
    private func home(of id: HTTP2StreamID) -> Int { Int(id.rawValue &>> 1) & mask }

    /// Puts a new stream in; the caller has seen that there is room for it below ``largestCount``.
    @inline(__always)
    mutating func insert(_ id: HTTP2StreamID, state: HTTP2StreamState) -> Int {
        if firstFree == HTTP2SendQueue.none { grow() }
        let slot = Int(firstFree)
        firstFree = self[slot].next
        self[slot] = HTTP2Stream(
            id: id, state: state, sendWindow: initialSendWindow, receiveWindow: initialReceiveWindow)
        count &+= 1
        if id.isOpened(by: role.peer) { peerCount &+= 1 }
        enter(slot)
        return slot
    }

    private func enter(_ slot: Int) {
        var place = home(of: self[slot].id)
        while unsafe index[place] != 0 { place = (place &+ 1) & mask }
        unsafe index[place] = UInt16(truncatingIfNeeded: slot &+ 1)
    }

    /// Empties an entry, and moves those behind it that would not be found any more (Knuth, 6.4, algorithm R).
    private func closeGap(_ place: Int) {
        var gap = place
        var place = place
        while true {
            place = (place &+ 1) & mask
            let entry = unsafe index[place]
            if entry == 0 { break }
            let distance = unsafe (place &- home(of: records[Int(entry) &- 1].id)) & mask
            if distance >= (place &- gap) & mask {
                unsafe index[gap] = entry
                gap = place
            }
        }
        unsafe index[gap] = 0
    }

    @inline(never)
    private mutating func grow() {
        let larger = max(8, 2 * capacity)
        let moved = UnsafeMutablePointer<HTTP2Stream>.allocate(capacity: larger)
        if capacity > 0 {
            unsafe moved.update(from: records, count: capacity)
            unsafe records.deallocate()
            unsafe index.deallocate()
        }
        let used = capacity
        unsafe records = moved
        unsafe index = .allocate(capacity: 2 * larger)
        unsafe index.initialize(repeating: 0, count: 2 * larger)
        capacity = larger
        for slot in 0..<used { enter(slot) }
        let free = HTTP2Stream(id: .connection, state: .idle, sendWindow: 0, receiveWindow: 0)
        for slot in (used..<larger).reversed() {
            unsafe records[slot] = free
            unsafe records[slot].next = firstFree
            firstFree = UInt16(slot)
        }
    }
}

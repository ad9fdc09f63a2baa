/// The streams that have something to send and room to send it, in the order that RFC 9218, 10 asks for.
///
/// The lowest urgency goes first. Among those of one urgency, streams that are not incremental go one after another by
/// number, the next when the first has left the queue, and incremental ones take turns; when there are both, the two
/// kinds take turns. Every operation takes constant time, but for a stream that joins between others of its urgency that
/// are not incremental: then it is looked for from the end.
///
/// The lists run through the records of the ``HTTP2StreamTable``, so the queue owns no memory.
struct HTTP2SendQueue: Sendable {
    /// The slot that is none.
    static var none: UInt16 { .max }

    /// A doubly linked list: its ends.
    struct List {
        var head = HTTP2SendQueue.none
        var tail = HTTP2SendQueue.none
        var isEmpty: Bool { head == HTTP2SendQueue.none }
    }

    /// The streams of one urgency.
    struct Level {
        /// By number: not incremental.
        var ordered = List()
        /// By turn: incremental.
        var taking = List()
        /// Whether the incremental ones are next.
        var turns = false
    }

    private var levels = InlineArray<8, Level>(repeating: Level())
    /// A bit for each urgency that has streams.
    private var occupied: UInt8 = 0

    var isEmpty: Bool { occupied == 0 }

    /// Adds a stream at the place of its priority.
    @unsafe mutating func insert(_ slot: Int, _ records: UnsafeMutablePointer<HTTP2Stream>) {
        let urgency = unsafe Int(records[slot].priority.urgency)
        occupied |= 1 &<< UInt8(truncatingIfNeeded: urgency)
        let link = UInt16(truncatingIfNeeded: slot)
        if unsafe records[slot].priority.isIncremental {
            unsafe Self.link(link, after: levels[urgency].taking.tail, &levels[urgency].taking, records)
        } else {
            var place = levels[urgency].ordered.tail
            // The one that was served until it had to wait comes back to the front.
            let head = levels[urgency].ordered.head
            if head != Self.none, unsafe records[Int(head)].id > records[slot].id {
                place = Self.none
            } else {
                while place != Self.none, unsafe records[Int(place)].id > records[slot].id {
                    place = unsafe records[Int(place)].previous
                }
            }
            unsafe Self.link(link, after: place, &levels[urgency].ordered, records)
        }
    }

    /// Takes a stream out.
    @unsafe mutating func remove(_ slot: Int, _ records: UnsafeMutablePointer<HTTP2Stream>) {
        let priority = unsafe records[slot].priority
        let urgency = Int(priority.urgency)
        let link = UInt16(truncatingIfNeeded: slot)
        if priority.isIncremental {
            unsafe Self.unlink(link, &levels[urgency].taking, records)
        } else {
            unsafe Self.unlink(link, &levels[urgency].ordered, records)
        }
        if levels[urgency].ordered.isEmpty, levels[urgency].taking.isEmpty {
            occupied &= ~(1 &<< UInt8(truncatingIfNeeded: urgency))
        }
    }

    /// The stream whose turn it is, which stays in the queue; nil when the queue is empty.
    @unsafe mutating func next(_ records: UnsafeMutablePointer<HTTP2Stream>) -> Int? {
        guard occupied != 0 else { return nil }
        let urgency = occupied.trailingZeroBitCount
        let turns = levels[urgency].ordered.isEmpty || (levels[urgency].turns && !levels[urgency].taking.isEmpty)
        levels[urgency].turns = !turns
        guard turns else { return Int(levels[urgency].ordered.head) }
        let head = levels[urgency].taking.head
        if head != levels[urgency].taking.tail {
            unsafe Self.unlink(head, &levels[urgency].taking, records)
            unsafe Self.link(head, after: levels[urgency].taking.tail, &levels[urgency].taking, records)
        }
        return Int(head)
    }

    private static func link(
        _ slot: UInt16, after previous: UInt16, _ list: inout List, _ records: UnsafeMutablePointer<HTTP2Stream>
    ) {
        let next = unsafe previous == none ? list.head : records[Int(previous)].next
        unsafe records[Int(slot)].previous = previous
        unsafe records[Int(slot)].next = next
        if previous == none { list.head = slot } else { unsafe records[Int(previous)].next = slot }
        if next == none { list.tail = slot } else { unsafe records[Int(next)].previous = slot }
    }

    private static func unlink(_ slot: UInt16, _ list: inout List, _ records: UnsafeMutablePointer<HTTP2Stream>) {
        let (previous, next) = unsafe (records[Int(slot)].previous, records[Int(slot)].next)
        if previous == none { list.head = next } else { unsafe records[Int(previous)].next = next }
        if next == none { list.tail = previous } else { unsafe records[Int(next)].previous = previous }
    }
}

// The queue as the connection sees it.
extension HTTP2StreamTable {
    /// Whether no stream waits to send.
    public var isSendQueueEmpty: Bool { queue.isEmpty }

    /// Puts a stream into the send queue: it has something to send, and its window has room. Once is enough.
    public mutating func enqueue(_ slot: Int) {
        guard !self[slot].marks.contains(.isQueued) else { return }
        self[slot].marks.insert(.isQueued)
        unsafe queue.insert(slot, records)
    }

    /// Takes a stream out of the send queue: it has nothing to send, or its window has no room.
    public mutating func dequeue(_ slot: Int) {
        guard self[slot].marks.contains(.isQueued) else { return }
        self[slot].marks.remove(.isQueued)
        unsafe queue.remove(slot, records)
    }

    /// The stream that sends next, a frame or so; nil when none waits. It stays in the queue until
    /// ``dequeue(_:)`` takes it out, and has its turn again.
    public mutating func nextToSend() -> Int? { unsafe queue.next(records) }

    /// Gives a stream another priority, and its place in the send queue.
    public mutating func prioritize(_ slot: Int, _ priority: HTTP2Priority) {
        guard priority != self[slot].priority else { return }
        guard self[slot].marks.contains(.isQueued) else {
            self[slot].priority = priority
            return
        }
        unsafe queue.remove(slot, records)
        self[slot].priority = priority
        unsafe queue.insert(slot, records)
    }
}

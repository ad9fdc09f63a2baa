/// What may still be sent on a stream or the connection: a flow-control window as its sender keeps it
/// (RFC 9113, 6.9).
///
/// It is negative when the peer lowered SETTINGS_INITIAL_WINDOW_SIZE below what was already sent (6.9.2).
@frozen public struct HTTP2Window: Equatable, Sendable {
    /// The octets that may be sent, −(2³¹ − 1) ... 2³¹ − 1.
    @inlinable public var size: Int32 { octets }
    @usableFromInline var octets: Int32

    /// A window of `size` octets, 0 ... 2³¹ − 1: for the connection always 65,535 at first.
    @inlinable public init(size: UInt32 = 65_535) { octets = Int32(truncatingIfNeeded: size & 0x7FFF_FFFF) }

    /// The octets that may be sent now: 0 while the window is negative.
    @inlinable public var available: Int { Int(max(0, octets)) }

    /// Takes off what is sent.
    /// - Parameter count: The octets of a DATA frame, padding included, 0 ... ``available``.
    @inlinable @inline(__always)
    public mutating func spend(_ count: Int) {
        precondition(count >= 0 && count <= available, "more than the window was sent")
        octets &-= Int32(truncatingIfNeeded: count)
    }

    /// Adds what a WINDOW_UPDATE gives.
    /// - Returns: false, and nothing added, when the window would exceed 2³¹ − 1: a FLOW_CONTROL_ERROR of the stream
    ///   or of the connection, whichever the window is.
    @inlinable @inline(__always)
    public mutating func increase(by increment: UInt32) -> Bool {
        adjust(by: Int32(truncatingIfNeeded: increment & 0x7FFF_FFFF))
    }

    /// Follows a change of SETTINGS_INITIAL_WINDOW_SIZE, up or down.
    /// - Returns: false, and nothing changed, when the window would exceed 2³¹ − 1: a FLOW_CONTROL_ERROR of the
    ///   connection.
    @inlinable @inline(__always)
    public mutating func adjust(by delta: Int32) -> Bool {
        let (sum, overflows) = octets.addingReportingOverflow(delta)
        guard !overflows else { return false }
        octets = sum
        return true
    }
}

/// What the peer may still send on a stream or the connection: a flow-control window as its receiver keeps it, which
/// opens again as the application consumes and not as bytes arrive (RFC 9113, 5.2).
///
/// A WINDOW_UPDATE is due when half of the window was consumed. What the application does not take stays within the
/// window, so a peer is held back as soon as the handler is.
@frozen public struct HTTP2ReceiveWindow: Equatable, Sendable {
    /// How large the window is when all was consumed and announced.
    @inlinable public var capacity: Int32 { room }
    @usableFromInline var room: Int32
    /// What the peer may still send; negative when our SETTINGS_INITIAL_WINDOW_SIZE was lowered.
    @inlinable public var left: Int32 { open }
    @usableFromInline var open: Int32
    /// What was consumed and not yet announced.
    @inlinable public var pending: Int32 { owed }
    @usableFromInline var owed: Int32 = 0

    /// A window of `size` octets, 0 ... 2³¹ − 1: for the connection always 65,535 at first.
    @inlinable public init(size: UInt32 = 65_535) {
        room = Int32(truncatingIfNeeded: size & 0x7FFF_FFFF)
        open = room
    }

    /// The octets that were received and not consumed.
    public var unconsumed: Int { Int(room) - Int(open) - Int(owed) }

    /// Takes off what a DATA frame has, padding included.
    /// - Returns: false when it has more than the window allows: a FLOW_CONTROL_ERROR.
    @inlinable @inline(__always)
    public mutating func receive(_ count: UInt32) -> Bool {
        guard Int64(count) <= Int64(open) else { return false }
        open &-= Int32(truncatingIfNeeded: count)
        return true
    }

    /// Notes that so many octets were consumed, or never will be: padding, and data of a stream that was reset.
    /// - Returns: The increment of the WINDOW_UPDATE that is due now, or 0 while none is.
    @inlinable @inline(__always)
    public mutating func consume(_ count: Int) -> UInt32 {
        precondition(count >= 0 && count <= unconsumed, "more was consumed than had come")
        owed &+= Int32(truncatingIfNeeded: count)
        guard owed > 0, owed >= room &>> 1 else { return 0 }
        return announce()
    }

    /// Announces what was consumed without waiting for half of the window.
    /// - Returns: The increment of the WINDOW_UPDATE to send, or 0 when there is nothing to announce.
    public mutating func announce() -> UInt32 {
        let increment = owed
        open &+= increment
        owed = 0
        return UInt32(truncatingIfNeeded: increment)
    }

    /// Makes the window larger by a WINDOW_UPDATE.
    /// - Parameter size: The new capacity, up to 2³¹ − 1; a smaller one than there is changes nothing.
    /// - Returns: The increment of the WINDOW_UPDATE to send, or 0.
    public mutating func grow(to size: UInt32) -> UInt32 {
        let target = Int32(truncatingIfNeeded: min(size, 0x7FFF_FFFF))
        guard target > room else { return 0 }
        owed &+= target &- room
        room = target
        return announce()
    }

    /// Follows a change of our own SETTINGS_INITIAL_WINDOW_SIZE, once the peer has acknowledged it.
    public mutating func adjust(by delta: Int32) {
        room &+= delta
        open &+= delta
    }
}

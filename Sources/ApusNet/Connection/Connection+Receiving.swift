import ApusRuntime
import CSystem

extension Connection {
    /// The number of bytes received and not yet consumed.
    public var keptCount: Int { inbound.count }

    /// Whether bytes have arrived that nobody has seen yet: kept ones, or those that the system still has.
    package var hasUnread: Bool { !inbound.isEmpty || apus_has_unread(descriptor) }

    /// Shows the handler what it has not consumed yet, as when it is ready for more.
    public func presentKept() {
        guard !inbound.isEmpty, isOpen, flags.isDisjoint(with: [.presenting, .deaf]), let handler else { return }
        // Taken out while it is shown, so that the handler may do anything to the connection meanwhile.
        flags.insert(.presenting)
        var shown = takeInbound()
        let consumed = handler.received(shown.bytes, on: self)
        flags.remove(.presenting)
        shown.discard(consumed)
        guard isOpen else { return loop.buffers.give(shown) }
        if shown.isEmpty {
            loop.buffers.give(shown)
        } else {
            if !inbound.isEmpty { Self.append(inbound.bytes, to: &shown, from: loop.buffers) }
            swap(&shown, &inbound)
            loop.buffers.give(shown)
        }
        // A protocol that took over sees at once what its forerunner left.
        if self.handler !== handler { presentKept() }
    }

    /// Shows the kept bytes to `body`, for a handler that reads them at its own time instead of when they come.
    func withKept<Result>(_ body: (RawSpan) -> Result) -> Result {
        var shown = takeInbound()
        defer { swap(&shown, &inbound) }
        return body(shown.bytes)
    }

    /// Takes kept bytes out: all of them, or a copy of the first `limit`.
    func takeKept(atMost limit: Int) -> Buffer {
        guard inbound.count > limit else { return takeInbound() }
        var part = loop.buffers.take(atLeast: limit)
        withKept { part.append($0.extracting(0..<limit)) }
        inbound.discard(limit)
        return part
    }

    func takeInbound() -> Buffer {
        var taken = Buffer()
        swap(&taken, &inbound)
        return taken
    }

    func keep(_ bytes: RawSpan) {
        Self.append(bytes, to: &inbound, from: loop.buffers)
    }

    /// Appends, moving to a larger pooled buffer when there is no room.
    static func append(_ bytes: RawSpan, to buffer: inout Buffer, from pool: BufferPool) {
        if buffer.available < bytes.byteCount { grow(&buffer, by: bytes.byteCount, from: pool) }
        buffer.append(bytes)
    }

    static func grow(_ buffer: inout Buffer, by count: Int, from pool: BufferPool) {
        if buffer.capacity - buffer.count >= count, buffer.count <= buffer.capacity / 2 { return buffer.compact() }
        let wanted = max(buffer.count + count, min(buffer.capacity * 2, 1 << 20))
        var larger = pool.take(atLeast: wanted)
        larger.append(buffer.bytes)
        swap(&larger, &buffer)
        pool.give(larger)
    }
}

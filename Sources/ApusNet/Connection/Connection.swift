public import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A stream connection: TCP, or a Unix socket. It lives on one loop; every member belongs to that loop's thread.
///
/// Received bytes are shown to the handler in place. Written bytes are copied into a pooled buffer and leave
/// together at the end of the loop's turn, so many small writes cost one system call. An idle connection owns no
/// buffer at all.
public final class Connection: Endpoint {
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// Close when everything queued has been sent.
        static let closeWhenSent = Flags(rawValue: 1 << 0)
        /// The peer has sent its end.
        static let peerEnded = Flags(rawValue: 1 << 1)
        /// Our end was sent; what still arrives is thrown away.
        static let lingering = Flags(rawValue: 1 << 2)
        /// The queue went above the high-water mark; the handler waits for `writable`.
        static let aboveHighWater = Flags(rawValue: 1 << 3)
        /// The handler is being shown bytes.
        static let presenting = Flags(rawValue: 1 << 4)
        /// Send our end once everything queued has been sent.
        static let endWhenSent = Flags(rawValue: 1 << 5)
        /// Read what the peer still sends before closing, so that our last bytes are not lost to a reset.
        static let lingerWhenSent = Flags(rawValue: 1 << 6)
    }

    /// Queued bytes above which a writer should wait for `writable`.
    public static let highWaterMark = 256 << 10
    /// Queued bytes below which `writable` is told.
    public static let lowWaterMark = 64 << 10
    /// The largest output buffer before queued buffers are sent as a vector.
    static let largestOutput = 64 << 10
    /// How long, and for how many bytes, a closing connection reads on.
    static let lingerMilliseconds: UInt64 = 2_000

    /// The protocol spoken; nil once closed.
    public private(set) var handler: (any ConnectionHandler)?
    /// Bytes written in this turn. See `reserve(_:)`.
    public var output = Buffer()
    private var inbound = Buffer()
    private var queue: WriteQueue?
    private var flags: Flags = []
    private var failureCode: CInt = 0
    private var admission: Admission?
    private var client = Admission.ClientKey.uncounted

    /// A connection on an open, connected, non-blocking socket, which it owns.
    public init(loop: EventLoop, descriptor: CInt, handler: any ConnectionHandler) {
        self.handler = handler
        super.init(loop: loop, descriptor: descriptor)
    }

    /// Has the place given back to `admission` when the connection is gone.
    func counted(by admission: Admission, as client: Admission.ClientKey) {
        self.admission = admission
        self.client = client
    }

    /// Attaches to the loop, tells the handler, and starts to receive. Loop only.
    public func open() {
        loop.attach(self)
        handler?.connected(self)
        startReceiving()
    }

    /// Hands the connection to another protocol (an upgrade). Bytes that the old one did not consume are shown to
    /// the new one by `presentKept()`.
    public func setHandler(_ handler: any ConnectionHandler) {
        self.handler = handler
    }

    /// The peer's address, asked of the system.
    public var remoteAddress: SocketAddress? { SocketAddress.remote(of: descriptor) }

    /// Our own address, asked of the system.
    public var localAddress: SocketAddress? { SocketAddress.local(of: descriptor) }

    /// Whether the peer has sent its end.
    public var hasPeerEnded: Bool { flags.contains(.peerEnded) }

    // MARK: Receiving

    public override func received(_ bytes: RawSpan) {
        if flags.contains(.lingering) { return }
        if inbound.isEmpty, let handler {
            let consumed = handler.received(bytes, on: self)
            if consumed < bytes.byteCount, isOpen { keep(bytes.extracting(consumed..<bytes.byteCount)) }
        } else {
            keep(bytes)
            presentKept()
        }
    }

    /// The number of bytes received and not yet consumed.
    public var keptCount: Int { inbound.count }

    /// Shows the handler what it has not consumed yet, as when it is ready for more.
    public func presentKept() {
        guard !inbound.isEmpty, isOpen, !flags.contains(.presenting), let handler else { return }
        // Taken out while it is shown, so that the handler may do anything to the connection meanwhile.
        flags.insert(.presenting)
        var shown = Buffer()
        swap(&shown, &inbound)
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
    }

    private func keep(_ bytes: RawSpan) {
        Self.append(bytes, to: &inbound, from: loop.buffers)
    }

    /// Appends, moving to a larger pooled buffer when there is no room.
    static func append(_ bytes: RawSpan, to buffer: inout Buffer, from pool: BufferPool) {
        if buffer.available < bytes.byteCount { grow(&buffer, by: bytes.byteCount, from: pool) }
        buffer.append(bytes)
    }

    private static func grow(_ buffer: inout Buffer, by count: Int, from pool: BufferPool) {
        if buffer.capacity - buffer.count >= count, buffer.count <= buffer.capacity / 2 { return buffer.compact() }
        let wanted = max(buffer.count + count, min(buffer.capacity * 2, 1 << 20))
        var larger = pool.take(atLeast: wanted)
        larger.append(buffer.bytes)
        swap(&larger, &buffer)
        pool.give(larger)
    }

    public override func receivedEnd() {
        guard !flags.contains(.lingering) else { return close() }
        flags.insert(.peerEnded)
        handler?.receivedEnd(on: self)
    }

    public override func peerHungUp() { handler?.peerHungUp(on: self) }

    // MARK: Writing

    /// Makes room for `count` bytes in `output` and has it sent at the end of the turn; append to `output` then.
    @inline(__always) public func reserve(_ count: Int) {
        if output.available < count { makeRoom(count) }
        loop.flushAtEndOfTurn(self)
    }

    @inline(never) private func makeRoom(_ count: Int) {
        if output.isEmpty || output.count + count <= Self.largestOutput {
            Self.grow(&output, by: count, from: loop.buffers)
        } else {
            queueOutput()
            output = loop.buffers.take(atLeast: count)
        }
        noteHighWater()
    }

    /// Copies bytes to the write queue; they leave at the end of the turn. Ignored on a closed connection.
    public func write(_ bytes: RawSpan) {
        guard isOpen else { return }
        reserve(bytes.byteCount)
        output.append(bytes)
    }

    /// Writes bytes, and where the driver sends at once, and nothing waits before them, sends them now from where they
    /// are: a copy is made only of what the kernel has no room for.
    public func writeThrough(_ bytes: RawSpan) {
        guard isOpen else { return }
        guard output.isEmpty, queue == nil, loop.sendsAtOnce else { return write(bytes) }
        let result = unsafe bytes.withUnsafeBytes { unsafe send($0) }
        switch result {
        case .sent(let count):
            if count < bytes.byteCount { write(bytes.extracting(count..<bytes.byteCount)) }
        case .pending: break
        case .failed(let error): failed(error)
        }
    }

    /// Hands a whole buffer over, without a copy when it is large.
    public func write(_ buffer: consuming Buffer) {
        guard isOpen else { return }
        if buffer.count <= 4096 {
            write(buffer.bytes)
            loop.buffers.give(buffer)
        } else {
            queueOutput()
            theQueue.append(buffer)
            noteHighWater()
            loop.flushAtEndOfTurn(self)
        }
    }

    /// Queues a part of a file, which the kernel sends without a copy through this process.
    public func write(_ file: OpenFile, offset: Int64, count: Int) {
        guard isOpen, count > 0 else { return }
        queueOutput()
        theQueue.append(FilePart(file: file, offset: offset, count: count))
        flags.insert(.aboveHighWater)
        loop.flushAtEndOfTurn(self)
    }

    /// Bytes written and not yet taken by the kernel.
    public var queuedCount: Int { output.count + (queue?.count ?? 0) }

    /// Whether a writer may go on: the queue is below its high-water mark, or has drained since it was above.
    public var isWritable: Bool { !flags.contains(.aboveHighWater) }

    private func noteHighWater() {
        if queuedCount > Self.highWaterMark { flags.insert(.aboveHighWater) }
    }

    private var theQueue: WriteQueue {
        if let queue { return queue }
        let made = WriteQueue()
        queue = made
        return made
    }

    private func queueOutput() {
        guard !output.isEmpty else { return }
        var whole = Buffer()
        swap(&whole, &output)
        theQueue.append(whole)
    }

    public override func flush() {
        if queue == nil {
            guard !output.isEmpty else { return sentEverything() }
            let result = unsafe send(UnsafeRawBufferPointer(start: output.baseAddress, count: output.count))
            if case .sent(let count) = result, count == output.count {
                giveOutputBack()
                return sentEverything()
            }
            queueOutput()
            settle(result)
        } else {
            queueOutput()
        }
        drainQueue()
    }

    private func giveOutputBack() {
        var whole = Buffer()
        swap(&whole, &output)
        loop.buffers.give(whole)
    }

    /// Sends from the queue until it is empty, the kernel has no room, or it reads by itself.
    private func drainQueue() {
        while let queue, isOpen, !queue.isPending, !queue.isEmpty {
            let wanted = queue.count
            if let file = queue.firstFile {
                guard sendFile(file) else { return }
            } else {
                let result = unsafe queue.withPieces(limit: 64) { pieces in unsafe send(pieces) }
                guard settle(result) else { return }
            }
            if queue.count == wanted { return }
        }
        if queue?.isEmpty == true { sentEverything() }
    }

    /// Takes the result of a send from the queue; true when more may be tried now.
    @discardableResult
    private func settle(_ result: SendResult) -> Bool {
        guard let queue else { return false }
        switch result {
        case .sent(let count):
            queue.discard(count, into: loop.buffers)
            noteLowWater()
            return !isAwaitingWritable
        case .pending:
            queue.isPending = true
            return false
        case .failed(let error):
            failed(error)
            return false
        }
    }

    private func noteLowWater() {
        guard flags.contains(.aboveHighWater), queuedCount <= Self.lowWaterMark else { return }
        flags.remove(.aboveHighWater)
        handler?.writable(on: self)
    }

    private func sendFile(_ part: FilePart) -> Bool {
        let sent = apus_sendfile_errno(descriptor, part.file.descriptor, part.offset, min(part.count, 1 << 20))
        if sent > 0 {
            queue?.discard(sent, into: loop.buffers)
            noteLowWater()
            return true
        }
        if sent == -Int(EAGAIN) {
            awaitWritable()
        } else {
            // 0: the file became shorter than was promised; the peer must not take what follows for its content.
            failed(SystemError(code: sent == 0 ? EIO : CInt(sent), call: "sendfile"))
        }
        return false
    }

    public override func sendCompleted(_ count: Int) {
        if let queue, queue.isPending {
            queue.isPending = false
            queue.discard(count, into: loop.buffers)
            guard isOpen else { return }
            noteLowWater()
        }
        if isOpen { flush() }
    }

    private func sentEverything() {
        queue = nil
        guard isOpen, !flags.isDisjoint(with: [.closeWhenSent, .endWhenSent, .lingerWhenSent]) else { return }
        if flags.contains(.closeWhenSent) {
            close()
        } else if flags.contains(.lingerWhenSent) {
            beginLingering()
        } else {
            flags.remove(.endWhenSent)
            _ = shutdown(descriptor, CInt(SHUT_WR))
        }
    }

    // MARK: Closing

    /// Sends what is queued, then closes.
    public func closeAfterWriting() {
        guard isOpen else { return }
        flags.insert(.closeWhenSent)
        loop.flushAtEndOfTurn(self)
    }

    /// Sends what is queued, then our end; the peer may go on sending.
    public func endWriting() {
        guard isOpen else { return }
        flags.insert(.endWhenSent)
        loop.flushAtEndOfTurn(self)
    }

    /// Sends what is queued, then our end, and throws away what the peer still sends for up to two seconds before
    /// closing: for an answer given before the whole request was read, which a reset would destroy
    /// (RFC 9112, 9.6).
    public func closeLingering() {
        guard isOpen else { return }
        if flags.contains(.peerEnded) { return closeAfterWriting() }
        flags.insert(.lingerWhenSent)
        loop.flushAtEndOfTurn(self)
    }

    /// Closes at once with a reset, and drops what is queued: the peer must not take a part for the whole.
    public func abort() {
        guard isOpen else { return }
        _ = apus_reset_on_close_errno(descriptor)
        close()
    }

    private func beginLingering() {
        flags.remove(.lingerWhenSent)
        flags.insert(.lingering)
        _ = shutdown(descriptor, CInt(SHUT_WR))
        setTimer(at: loop.tick + Self.lingerMilliseconds)
        startReceiving()
    }

    public override func timerFired() {
        if flags.contains(.lingering) { close() } else { handler?.timerFired(on: self) }
    }

    public override func failed(_ error: SystemError) {
        failureCode = error.code
        close()
    }

    public override func closed() {
        giveOutputBack()
        var kept = Buffer()
        swap(&kept, &inbound)
        loop.buffers.give(kept)
        queue?.removeAll(into: loop.buffers)
        queue = nil
        let last = handler
        handler = nil
        admission?.leave(client)
        last?.closed(self, error: failureCode == 0 ? nil : SystemError(code: failureCode, call: "connection"))
    }
}

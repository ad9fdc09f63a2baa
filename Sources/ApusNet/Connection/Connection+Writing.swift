public import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Connection {
    /// The largest output buffer before queued buffers are sent as a vector.
    private static let largestOutput = 64 << 10
    /// Buffers up to this size are copied behind what is written already, instead of being queued whole.
    private static let smallBuffer = 4096
    /// What the kernel takes of a file in one call, and in one turn: the other connections come next.
    private static let fileBytesPerCall = 1 << 20
    private static let fileBytesPerTurn = 4 << 20

    /// Makes room for `count` bytes in `output` and has it sent at the end of the turn; append to `output` then.
    @inline(__always) public func reserve(_ count: Int) {
        if output.available < count || flags.contains(.outputWithKernel) { makeRoom(count) }
        loop.flushAtEndOfTurn(self)
    }

    @inline(never) private func makeRoom(_ count: Int) {
        if flags.contains(.outputWithKernel) { queueOutput() }
        if output.isEmpty || output.count + count <= Self.largestOutput {
            Self.grow(&output, by: count, from: loop.buffers)
        } else {
            queueOutput()
            output = loop.buffers.take(atLeast: count)
        }
        if queuedCount + count > Self.highWaterMark { flags.insert(.aboveHighWater) }
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
        #if TLS && canImport(COpenSSL)
            if let tls { return writeThrough(bytes, tls) }
        #endif
        guard output.isEmpty, queue == nil, loop.sendsAtOnce, !isAwaitingWritable else { return write(bytes) }
        let result = unsafe bytes.withUnsafeBytes { unsafe send($0) }
        switch result {
        case .sent(let count):
            if count < bytes.byteCount { write(bytes.extracting(count..<bytes.byteCount)) }
        case .pending: break
        // Tried again when the turn ends, and fails then: a handler is not told of the end from inside its own call.
        case .failed: write(bytes)
        }
    }

    /// Hands a whole buffer over, without a copy when it is large. Ignored on a closed connection.
    public func write(_ buffer: consuming Buffer) {
        guard isOpen else { return loop.buffers.give(buffer) }
        if buffer.count <= Self.smallBuffer {
            write(buffer.bytes)
            loop.buffers.give(buffer)
        } else {
            append(WritePiece(buffer))
            if queuedCount > Self.highWaterMark { flags.insert(.aboveHighWater) }
        }
    }

    /// Queues a part of a file, which the kernel sends without a copy through this process; `writable` is told when
    /// nearly all of it is sent. A file that ends before `offset + count` breaks the connection, for the peer must
    /// not take what follows for its content. Ignored on a closed connection.
    public func write(_ file: OpenFile, offset: Int64, count: Int) {
        guard isOpen, count > 0 else { return }
        append(WritePiece(file, offset: offset, count: count))
        flags.insert(.aboveHighWater)
    }

    /// Queues a part of a mapped file, which is sent from its pages. Ignored on a closed connection.
    ///
    /// - Precondition: The part is within the file.
    public func write(_ file: MappedFile, offset: Int, count: Int) {
        guard isOpen, count > 0 else { return }
        append(WritePiece(file, offset: offset, count: count))
        if queuedCount > Self.highWaterMark { flags.insert(.aboveHighWater) }
    }

    /// Bytes written and not yet taken by the kernel.
    public var queuedCount: Int {
        #if TLS && canImport(COpenSSL)
            if let tls { return output.count + (queue?.count ?? 0) + tls.queuedCount }
        #endif
        return output.count + (queue?.count ?? 0)
    }

    /// Bytes that the kernel was given and that the peer's has not taken (`SIOCOUTQ`, `SO_NWRITE`, `FIONWRITE`); nil where
    /// it does not tell. A system call, for who asks seldom: a timer that tells a slow reader from one that reads nothing.
    ///
    /// Systems take in steps: of a segment, or of a sixteenth of a receive buffer that was full. The bytes are as they are
    /// sent, encrypted; of a Unix socket they count as what they take of memory.
    public var heldCount: Int? {
        let count = apus_unsent_count(descriptor)
        return count < 0 ? nil : Int(count)
    }

    /// Whether a writer may go on: the queue is below its high-water mark, or has drained since it was above.
    public var isWritable: Bool { !flags.contains(.aboveHighWater) }

    // MARK: The queue

    func append(_ piece: consuming WritePiece) {
        queueOutput()
        theQueue.append(piece)
        loop.flushAtEndOfTurn(self)
    }

    private var theQueue: WriteQueue {
        if let queue { return queue }
        let made = WriteQueue()
        queue = made
        return made
    }

    func queueOutput() {
        guard !output.isEmpty else { return }
        theQueue.append(WritePiece(takeOutput()))
        if flags.contains(.outputWithKernel) {
            flags.remove(.outputWithKernel)
            theQueue.isPending = true
        }
    }

    private func takeOutput() -> Buffer {
        var taken = Buffer()
        swap(&taken, &output)
        return taken
    }

    func giveOutputBack() { loop.buffers.give(takeOutput()) }

    func noteLowWater() {
        guard flags.contains(.aboveHighWater), isOpen, queuedCount <= Self.lowWaterMark else { return }
        flags.remove(.aboveHighWater)
        handler?.writable(on: self)
    }

    // MARK: Sending

    /// Sends until nothing is queued, the kernel has no room, or it reads by itself.
    func sendQueued() {
        if queue == nil {
            guard !output.isEmpty else { return sentEverything() }
            guard !flags.contains(.outputWithKernel) else { return }
            let result = unsafe send(UnsafeRawBufferPointer(start: output.baseAddress, count: output.count))
            if case .sent(let count) = result, count == output.count {
                giveOutputBack()
                noteLowWater()
                return sentEverything()
            }
            // Most often there is nothing behind it by the time the kernel is done: no queue is needed then.
            if case .pending = result { return flags.formUnion(.outputWithKernel) }
            queueOutput()
            guard settle(result) else { return }
        } else {
            queueOutput()
        }
        var fileBytes = Self.fileBytesPerTurn
        while let queue, isOpen, !queue.isPending, !queue.isEmpty {
            if let part = queue.firstTransfer {
                guard fileBytes > 0 else { return awaitWritable() }
                let sent = transfer(part.source, part.offset, min(part.count, Self.fileBytesPerCall))
                guard sent > 0 else { return }
                fileBytes -= sent
            } else {
                let result = unsafe queue.withPieces { pieces, more in unsafe send(pieces, more: more) }
                guard settle(result) else { return }
            }
        }
        if queue?.isEmpty == true { sentEverything() }
    }

    /// Takes the result of a send from the queue; true when more may be tried now.
    private func settle(_ result: SendResult) -> Bool {
        switch result {
        case .sent(let count):
            queue?.discard(count, into: loop.buffers)
            noteLowWater()
            return !isAwaitingWritable
        case .pending:
            queue?.isPending = true
            return false
        case .failed(let error):
            failed(error)
            return false
        }
    }

    /// The bytes that the kernel took; 0 when it has no room, or the connection is broken now.
    private func transfer(_ source: WritePiece.Source, _ offset: Int64, _ count: Int) -> Int {
        let sent: Int
        switch source {
        case .file(let file): sent = apus_sendfile_errno(descriptor, file.descriptor, offset, count)
        case .pipe(let pipe): sent = pipe.empty(into: descriptor, count)
        case .buffer, .mapped: return 0
        }
        if sent > 0 {
            noteSent(sent)
            queue?.discard(sent, into: loop.buffers)
            noteLowWater()
            return sent
        }
        if sent == -Int(EAGAIN) {
            awaitRoom()
        } else {
            failed(SystemError(code: sent == 0 ? EIO : CInt(sent), call: "sendfile"))
        }
        return 0
    }

    func sentEverything() {
        // The handler may have written on, when it was told that it may.
        guard isOpen, output.isEmpty, queue?.isEmpty ?? true else { return }
        queue = nil
        finishSending()
    }
}

public import ApusRuntime

/// A stream connection with `await`: what a protocol of one's own reads and writes in straight lines.
///
/// The actor's executor is the connection's loop. A closure that `AsyncListener.serve` runs is isolated to its
/// connection, so between a received byte and the code that awaits it there is no hop; any other task, on any thread,
/// may use a connection too, and comes to the loop for it.
///
/// ```swift
/// let listener = try AsyncListener.listen(on: address, group: group)
/// await listener.serve { connection in
///     while let bytes = try await connection.read() {
///         try await connection.write(bytes)
///     }
/// }
/// ```
///
/// One task at a time may read; any number may write, each write whole. A read gives what the peer sent so far; a peer
/// that sends faster than it is read has to wait, and a write waits for a peer that doesn't read. Waits end with the
/// connection, by `timeout`, and when the task is cancelled (`CancellationError`); a cancelled or timed-out wait
/// leaves the connection usable. A connection that nobody holds any more is closed.
public actor AsyncConnection {
    /// The loop on whose thread everything happens.
    public nonisolated let loop: EventLoop
    let stream: LoopBound<StreamHandler>

    /// The loop, as the executor that Swift asks for.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(_ stream: LoopBound<StreamHandler>) {
        loop = stream.loop
        self.stream = stream
    }

    deinit {
        let stream = self.stream
        loop.execute { _ in stream.value.close() }
    }

    // MARK: What it is

    /// The peer's address; nil when the connection is gone.
    public var remoteAddress: SocketAddress? { stream.value.connection?.remoteAddress }

    /// Our own address; nil when the connection is gone.
    public var localAddress: SocketAddress? { stream.value.connection?.localAddress }

    /// Whether the connection can still be used: neither side has closed it, and it isn't broken.
    public var isOpen: Bool { (try? stream.value.open()) != nil }

    /// How long one wait of a read or a write may take before it throws `ConnectionError.timedOut`, to a millisecond;
    /// nil, as at first, is without end. It counts from when each wait begins.
    public var timeout: Duration? {
        get { stream.value.timeout }
        set { stream.value.timeout = newValue }
    }

    /// Sets `timeout`, from outside the connection's own code.
    public func setTimeout(_ timeout: Duration?) { self.timeout = timeout }

    // MARK: Reading

    /// What has arrived, as soon as there is some: 1 ... `limit` bytes, without a copy when it is all; nil when the
    /// peer has sent its end.
    ///
    /// - Throws: `ConnectionError`, `CancellationError`.
    public func read(atMost limit: Int = .max) async throws -> Buffer? {
        precondition(limit > 0, "a read of no bytes would never end")
        while true {
            if let buffer = try stream.value.take(atMost: limit) { return buffer }
            if try stream.value.hasPeerEnded() { return nil }
            try await wait(for: .readable)
        }
    }

    /// Exactly `count` bytes, when they have all arrived.
    ///
    /// - Throws: `ConnectionError`, `.endedEarly` when the peer's end comes first; `CancellationError`.
    public func read(exactly count: Int) async throws -> Buffer {
        guard count > 0 else { return Buffer() }
        try stream.value.want(count)
        while stream.value.keptCount < count {
            if try stream.value.hasPeerEnded() {
                throw ConnectionError.endedEarly(received: stream.value.keptCount)
            }
            try await wait(for: .readable)
        }
        try stream.value.want(0)
        return try stream.value.take(atMost: count) ?? Buffer()
    }

    /// The next line as UTF-8 text (what isn't is repaired), without its end, LF or CR LF; nil when the peer's end comes
    /// in its place.
    ///
    /// - Parameter limit: The longest line accepted, in bytes and with its end.
    /// - Throws: `ConnectionError`, `.lineTooLong` (the bytes stay unread), `.endedEarly` when the peer's end comes
    ///   within the line; `CancellationError`.
    public func readLine(limit: Int = 8192) async throws -> String? {
        try stream.value.want(limit)
        var searched = 0
        while true {
            if let line = try stream.value.takeLine(searchedTo: &searched, limit: limit) { return line }
            if searched >= limit { throw ConnectionError.lineTooLong(limit: limit) }
            if try stream.value.hasPeerEnded() {
                guard searched == 0 else { throw ConnectionError.endedEarly(received: searched) }
                return nil
            }
            try await wait(for: .readable)
        }
    }

    // MARK: Writing

    /// Writes a whole buffer, without a copy when it is large, and waits while the peer doesn't read.
    ///
    /// - Throws: `ConnectionError`, `CancellationError`: the bytes may have been sent, or not.
    public func write(_ buffer: consuming Buffer) async throws {
        try stream.value.open().write(buffer)
        try await drained()
    }

    /// Writes bytes, and waits while the peer doesn't read.
    ///
    /// - Throws: `ConnectionError`, `CancellationError`: the bytes may have been sent, or some, or none.
    public func write(_ bytes: [UInt8]) async throws {
        var written = 0
        repeat {
            let end = min(bytes.count, written + Connection.highWaterMark)
            try unsafe stream.value.open().write(bytes.span.bytes.extracting(written..<end))
            written = end
            try await drained()
        } while written < bytes.count
    }

    /// Writes text as UTF-8, and waits while the peer doesn't read. Throws as `write(_:)` of bytes does.
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Sends a part of a file, which the kernel takes from the file itself, and waits until nearly all is sent.
    ///
    /// - Parameters:
    ///   - file: The file, kept open until the part is sent.
    ///   - offset: Where the part begins, in bytes.
    ///   - count: How many bytes; nil is to the file's present end. A file that turns out shorter breaks the connection.
    /// - Throws: `ConnectionError`; `SystemError` when the file can't be read; `CancellationError`.
    public func sendFile(_ file: OpenFile, offset: Int64 = 0, count: Int? = nil) async throws {
        let whole = try count ?? Int(max(0, file.size() - offset))
        try stream.value.open().write(file, offset: offset, count: whole)
        try await drained()
    }

    /// Sends a mapped file, from its pages. Throws as `write(_:)` of bytes does.
    public func sendFile(_ file: MappedFile) async throws {
        try stream.value.open().write(file, offset: 0, count: file.count)
        try await drained()
    }

    private func drained() async throws {
        while try !stream.value.open().isWritable { try await wait(for: .writable) }
    }

    // MARK: Ending

    /// Sends what is queued, then our end: the peer reads no more from us, and may go on sending.
    public func endWriting() { stream.value.connection?.endWriting() }

    /// Sends what is queued, then our end, and closes when the peer has sent its own, or two seconds later. Returns at
    /// once; see `waitUntilClosed()`.
    public func close() { stream.value.close() }

    /// Closes at once with a reset: the peer must not take what it got for the whole.
    public func abort() { stream.value.abort() }

    /// Waits until the connection is gone.
    ///
    /// - Throws: `CancellationError`.
    public func waitUntilClosed() async throws { try await wait(for: .closed) }

    // MARK: Waiting

    func wait(for event: StreamHandler.Event) async throws {
        let id = stream.value.makeWaitID()
        let stream = self.stream
        try await withTaskCancellationHandler {
            try await unsafe withUnsafeThrowingContinuation { continuation in
                // Through self: a closure that doesn't capture it would run outside of the actor.
                unsafe self.stream.value.park(continuation, id, for: event)
            }
        } onCancel: {
            // Comes to the loop after the wait has begun, or after it has ended; the number tells.
            stream.loop.execute { _ in stream.value.cancel(id) }
        }
    }
}

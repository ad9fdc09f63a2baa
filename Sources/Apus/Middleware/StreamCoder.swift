import ApusHTTP
import ApusNet
import ApusRuntime

/// Codes what a handler writes to a streamed response. Belongs to the request's loop.
///
/// Writes that follow one another are coded together; when the handler then waits for something, what they left inside
/// the coding is flushed, so that the client has all that was written.
@safe final class StreamCoder {
    @safe @exclusivity(unchecked) private var encoder: ContentEncoder
    @safe @exclusivity(unchecked) private var output: Buffer
    private let stream: ResponseStream
    private let loop: EventLoop
    /// A write is under way, which may wait for the client: nothing may overtake it.
    @safe @exclusivity(unchecked) private var isWriting = false
    @safe @exclusivity(unchecked) private var holdsContent = false
    @safe @exclusivity(unchecked) private var willFlush = false
    @safe @exclusivity(unchecked) private var failure: CodingError?

    /// How much is coded at once, in bytes: a sixth of a millisecond at the usual levels. Between two slices of one
    /// `write` others have their turn.
    static let slice = 32 << 10
    private static let outputSize = 16 << 10

    init(_ coding: ContentCoding, _ level: Int?, _ stream: ResponseStream, _ loop: EventLoop) throws(CodingError) {
        encoder = try ContentEncoder(coding, level: level, pool: CodingPool.of(loop))
        output = loop.buffers.take(atLeast: Self.outputSize)
        self.stream = stream
        self.loop = loop
    }

    deinit {
        var used = Buffer()
        swap(&used, &output)
        if loop.isCurrent { loop.buffers.give(used) }
    }

    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await writing {
            var taken = 0
            while taken < bytes.count {
                let end = min(bytes.count, taken + Self.slice)
                while true {
                    let progress = try encoder.write(unsafe bytes.span.bytes.extracting(taken..<end), into: &output)
                    taken += progress.consumed
                    if progress.isComplete { break }
                    try await send()
                }
                if taken < bytes.count { await Task.yield() }
            }
            holdsContent = true
        }
        flushSoon()
    }

    func write(_ file: OpenFile, offset: Int64, count: Int) async throws {
        var read = 0
        while read < count {
            let piece = min(Self.slice, count - read)
            try await write(file.read(offset: offset + Int64(read), count: piece))
            read += piece
            await Task.yield()
        }
    }

    /// Ends the content.
    func finish() async throws {
        try await writing {
            holdsContent = false
            while try !encoder.finish(into: &output).isComplete { try await send() }
            try await send()
        }
    }

    private func writing(_ body: () async throws -> Void) async throws {
        if let failure { throw failure }
        isWriting = true
        defer { isWriting = false }
        try await body()
    }

    private func send() async throws {
        guard !output.isEmpty else { return }
        let piece = [UInt8](copying: output)
        output.removeAll()
        try await stream.write(piece)
    }

    /// Has the rest flushed when the handler's task has given the loop up.
    private func flushSoon() {
        guard !willFlush else { return }
        willFlush = true
        let coder = LoopBound(self, to: loop)
        loop.execute { _ in coder.value.flush() }
    }

    private func flush() {
        willFlush = false
        guard holdsContent, !isWriting else { return }
        holdsContent = false
        do throws(CodingError) {
            while true {
                let progress = try encoder.flush(into: &output)
                stream.push([UInt8](copying: output))
                output.removeAll()
                if progress.isComplete { return }
            }
        } catch {
            failure = error
        }
    }
}

extension [UInt8] {
    /// A copy of a buffer's bytes.
    init(copying buffer: borrowing Buffer) { self = unsafe buffer.bytes.withUnsafeBytes { unsafe Array($0) } }
}

import ApusHTTP
import ApusNet
import ApusRuntime

/// Codes what a handler writes to a streamed response. Belongs to the request's loop.
@safe final class StreamCoder {
    @safe @exclusivity(unchecked) private var encoder: ContentEncoder
    @safe @exclusivity(unchecked) private var output: Buffer
    private let loop: EventLoop
    private let flushes: Bool

    /// How much is coded at once, in bytes: one to two milliseconds of the slowest coding's usual level. Between two
    /// slices of one `write` others have their turn.
    static let slice = 32 << 10
    private static let outputSize = 16 << 10

    /// - Parameter flushes: Whether the client can read each write as soon as it is made.
    init(_ coding: ContentCoding, _ level: Int?, _ loop: EventLoop, flushes: Bool = true) throws(CodingError) {
        encoder = try ContentEncoder(coding, level: level, pool: CodingPool.of(loop))
        output = loop.buffers.take(atLeast: Self.outputSize)
        self.loop = loop
        self.flushes = flushes
    }

    func write(_ bytes: [UInt8], to stream: ResponseStream) async throws {
        guard !bytes.isEmpty else { return }
        var taken = 0
        while taken < bytes.count {
            let end = min(bytes.count, taken + Self.slice)
            while true {
                let progress = try encoder.write(unsafe bytes.span.bytes.extracting(taken..<end), into: &output)
                taken += progress.consumed
                if progress.isComplete { break }
                try await send(to: stream)
            }
            if taken < bytes.count { await Task.yield() }
        }
        guard flushes else { return }
        while try !encoder.flush(into: &output).isComplete { try await send(to: stream) }
        try await send(to: stream)
    }

    func write(_ file: OpenFile, offset: Int64, count: Int, to stream: ResponseStream) async throws {
        var read = 0
        while read < count {
            let piece = min(Self.slice, count - read)
            try await write(file.read(offset: offset + Int64(read), count: piece), to: stream)
            read += piece
            await Task.yield()
        }
    }

    deinit {
        var used = Buffer()
        swap(&used, &output)
        if loop.isCurrent { loop.buffers.give(used) }
    }

    /// Ends the content.
    func finish(_ writer: ResponseWriter) async throws {
        while try !encoder.finish(into: &output).isComplete { try await send(to: writer.stream) }
        try await send(to: writer.stream)
    }

    private func send(to stream: ResponseStream) async throws {
        guard !output.isEmpty else { return }
        let piece = [UInt8](copying: output)
        output.removeAll()
        try await stream.write(piece)
    }
}

extension [UInt8] {
    /// A copy of a buffer's bytes.
    init(copying buffer: borrowing Buffer) { self = unsafe buffer.bytes.withUnsafeBytes { unsafe Array($0) } }
}

import ApusHTTP
import ApusNet
import ApusRuntime

/// Content that is produced while it is sent: as it is when the head has told its length or the connection's end tells
/// it, else in chunks (RFC 9112, 7.1).
extension HTTP1Connection: ContentSink {
    var hasRoom: Bool { connection.isWritable }

    func writeContent(_ bytes: [UInt8]) {
        if streamsChunks { beginChunk(bytes.count) }
        unsafe connection.write(bytes.span.bytes)
        if streamsChunks { endChunk() }
    }

    func writeContent(_ file: OpenFile, offset: Int64, count: Int) {
        if streamsChunks { beginChunk(count) }
        connection.write(file, offset: offset, count: count)
        if streamsChunks { endChunk() }
    }

    func endContent(_ trailers: HTTPFields) {
        if phase == .tunnel { return connection.endWriting() }
        guard streamsChunks else { return }
        connection.reserve(trailers.reduce(5) { $0 + Buffer.count(of: $1) })
        connection.output.appendLastChunk(trailers: trailers)
    }

    func breakOff() {
        context?.noteFailure(.responseFailed)
        connection.abort()
    }

    func answer(_ error: HTTPError, to context: Context, insteadOf stream: ResponseStream) -> Bool {
        let response = context.errorResponse(error)
        guard !response.body.isProduced, let mark = stream.mark, connection.takeBack(to: mark) else { return false }
        keepsAlive = false
        context.isAnswered = false
        context.send(response)
        return true
    }

    /// Writes the line before a chunk's bytes.
    private func beginChunk(_ count: Int) {
        connection.reserve(18)
        connection.output.appendChunkHead(count)
    }

    /// Writes the line's end behind them.
    private func endChunk() {
        connection.reserve(2)
        connection.output.append("\r\n")
    }
}

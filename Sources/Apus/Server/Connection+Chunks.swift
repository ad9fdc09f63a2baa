import ApusHTTP
import ApusNet
import ApusRuntime

/// Chunked transfer coding on its way out (RFC 9112, 7.1).
extension Connection {
    /// Writes bytes, at least one, as a chunk.
    func writeChunk(_ bytes: RawSpan) {
        beginChunk(bytes.byteCount)
        write(bytes)
        endChunk()
    }

    /// Writes the line before a chunk's bytes.
    func beginChunk(_ count: Int) {
        reserve(18)
        output.appendChunkHead(count)
    }

    /// Writes the line's end behind them.
    func endChunk() {
        reserve(2)
        output.append("\r\n")
    }

    /// Writes the last chunk, and the trailer fields that may stand there.
    func writeLastChunk(_ trailers: HTTPFields) {
        reserve(trailers.reduce(5) { $0 + Buffer.count(of: $1) })
        output.appendLastChunk(trailers: trailers)
    }
}

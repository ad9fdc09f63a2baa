import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What waits behind a connection's output buffer: whole buffers and parts of files, in order. A connection has
/// one only while it has more to send than one buffer holds, or while the kernel still reads from it.
final class WriteQueue {
    struct Piece: ~Copyable {
        var buffer: Buffer
        var file: FilePart?
    }

    private var pieces: [PieceBox] = []
    private var first = 0
    /// Bytes queued, those of files included.
    private(set) var count = 0
    /// The kernel reads from the first pieces until `sendCompleted`.
    var isPending = false

    // A buffer has one owner and an array wants copies: the box is the price, off the path of small answers.
    final class PieceBox {
        var buffer: Buffer
        var file: FilePart?
        init(_ buffer: consuming Buffer) {
            self.buffer = buffer
            file = nil
        }
        init(_ file: FilePart) {
            buffer = Buffer()
            self.file = file
        }
    }

    var isEmpty: Bool { first == pieces.count }

    func append(_ buffer: consuming Buffer) {
        count += buffer.count
        pieces.append(PieceBox(buffer))
    }

    func append(_ file: FilePart) {
        count += file.count
        pieces.append(PieceBox(file))
    }

    var firstFile: FilePart? { pieces[first].file }

    /// Calls `body` with the buffers in front, up to `limit` of them and not past a file.
    @unsafe func withPieces<Result>(limit: Int, _ body: (UnsafeBufferPointer<iovec>) -> Result) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: limit) { vector in
            var filled = 0
            var index = first
            while index < pieces.count, filled < limit, pieces[index].file == nil {
                unsafe (vector.baseAddress! + filled).initialize(
                    to: iovec(iov_base: pieces[index].buffer.baseAddress, iov_len: pieces[index].buffer.count))
                filled += 1
                index += 1
            }
            return unsafe body(UnsafeBufferPointer(rebasing: vector[..<filled]))
        }
    }

    /// Forgets `sent` bytes in front; whole buffers go back to the pool.
    func discard(_ sent: Int, into pool: BufferPool) {
        count -= sent
        var left = sent
        while first < pieces.count {
            let piece = pieces[first]
            if var file = piece.file {
                let part = min(left, file.count)
                file.offset += Int64(part)
                file.count -= part
                left -= part
                piece.file = file
                if file.count > 0 { break }

            } else {
                let part = min(left, piece.buffer.count)
                left -= part
                piece.buffer.discard(part)
                if piece.buffer.count > 0 { break }
                var whole = Buffer()
                swap(&whole, &piece.buffer)
                pool.give(whole)
            }
            first += 1
        }
        if first == pieces.count || first > 64 {
            pieces.removeFirst(first)
            first = 0
        }
    }

    /// Gives everything back, unsent.
    func removeAll(into pool: BufferPool) {
        for piece in pieces[first...] {

            var whole = Buffer()
            swap(&whole, &piece.buffer)
            pool.give(whole)
        }
        pieces = []
        first = 0
        count = 0
    }
}

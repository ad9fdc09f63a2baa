import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What waits behind a connection's output buffer: buffers, parts of files and shared pages, in order. A connection
/// has one only while it has more to send than one buffer holds, or while the kernel still reads from it.
///
/// The pieces stand in a ring. The bytes themselves never move, and neither does the vector that names them, while
/// the kernel reads (`isPending`): the ring may grow meanwhile, for only the pieces' owners move then.
@safe final class WriteQueue {
    /// The most pieces of one system call.
    static let vectorLimit = 64

    private var ring: UnsafeMutablePointer<WritePiece>
    private var capacity = 4
    private var first = 0
    private var pieces = 0
    private var vector: UnsafeMutablePointer<iovec>?
    /// Bytes queued, those of files included.
    private(set) var count = 0
    /// The kernel reads from the first pieces until `sendCompleted`.
    var isPending = false

    init() {
        unsafe ring = .allocate(capacity: capacity)
        unsafe vector = nil
    }

    deinit {
        while pieces > 0 { _ = takeFirst() }
        unsafe ring.deallocate()
        unsafe vector?.deallocate()
    }

    var isEmpty: Bool { pieces == 0 }

    @unsafe private func place(_ index: Int) -> UnsafeMutablePointer<WritePiece> {
        unsafe ring + ((first + index) & (capacity - 1))
    }

    func append(_ piece: consuming WritePiece) {
        if pieces == capacity { grow() }
        count += piece.count
        unsafe place(pieces).initialize(to: piece)
        pieces += 1
    }

    private func grow() {
        let larger = UnsafeMutablePointer<WritePiece>.allocate(capacity: capacity * 2)
        for index in 0..<pieces { unsafe (larger + index).moveInitialize(from: place(index), count: 1) }
        unsafe ring.deallocate()
        unsafe ring = larger
        capacity *= 2
        first = 0
    }

    private func takeFirst() -> WritePiece {
        let piece = unsafe place(0).move()
        first = (first + 1) & (capacity - 1)
        pieces -= 1
        return piece
    }

    /// What stands in front, when the kernel takes it from elsewhere than memory: where, from which place, how much.
    var firstTransfer: (source: WritePiece.Source, offset: Int64, count: Int)? {
        guard pieces > 0, unsafe place(0).pointee.start == nil else { return nil }
        return unsafe (place(0).pointee.source, place(0).pointee.offset, place(0).pointee.count)
    }

    /// The bytes of what stands in front, when they are in memory.
    @unsafe var firstBytes: UnsafeRawBufferPointer? {
        guard pieces > 0, let start = unsafe place(0).pointee.start else { return nil }
        return unsafe UnsafeRawBufferPointer(start: start, count: place(0).pointee.count)
    }

    /// Calls `body` with the bytes in front, up to `vectorLimit` pieces in memory, and whether more follows
    /// them: the kernel may wait for it then, so that a head and its file leave in full segments.
    @unsafe func withPieces<Result>(_ body: (UnsafeBufferPointer<iovec>, Bool) -> Result) -> Result {
        let vector = unsafe self.vector ?? .allocate(capacity: Self.vectorLimit)
        unsafe self.vector = vector
        var filled = 0
        while filled < min(pieces, Self.vectorLimit), let start = unsafe place(filled).pointee.start {
            unsafe (vector + filled).initialize(to: iovec(iov_base: start, iov_len: place(filled).pointee.count))
            filled += 1
        }
        return unsafe body(UnsafeBufferPointer(start: vector, count: filled), filled < pieces)
    }

    /// Forgets `sent` bytes in front; whole buffers go back to the pool.
    func discard(_ sent: Int, into pool: BufferPool) {
        count -= sent
        var left = sent
        while pieces > 0 {
            let part = unsafe min(left, place(0).pointee.count)
            unsafe place(0).pointee.discard(part)
            left -= part
            if unsafe place(0).pointee.count > 0 { return }
            var piece = takeFirst()
            var buffer = Buffer()
            swap(&buffer, &piece.buffer)
            pool.give(buffer)
            // The queue is whole again: it may be appended to.
            piece.whenSent?.sent()
        }
    }

    /// Gives everything back, unsent.
    func removeAll(into pool: BufferPool) { discard(count, into: pool) }
}

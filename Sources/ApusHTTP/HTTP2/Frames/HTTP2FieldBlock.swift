public import ApusRuntime

/// A field block that came in more than one frame, gathered in a pooled buffer until it is whole (RFC 9113, 4.3).
///
/// What a peer can make grow here is bounded twice: the octets, and the frames, for a CONTINUATION may be empty and a
/// block endless (CVE-2024-27316).
///
/// ```swift
/// if fragment.isWhole {
///     decode(fragment.block.of(bytes))
/// } else {
///     try block.append(fragment, in: bytes, limits: limits, pool: pool)
///     if fragment.endsBlock {
///         decode(block.bytes)
///         block.release(to: pool)
///     }
/// }
/// ```
public struct HTTP2FieldBlock: ~Copyable {
    private var buffer = Buffer()
    private var continuations = 0

    /// A block without octets, which owns no memory.
    public init() {}

    /// The octets so far.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get { buffer.bytes }
    }

    /// Adds a fragment, which begins the block anew when it is that of HEADERS.
    ///
    /// - Parameters:
    ///   - fragment: The fragment.
    ///   - bytes: The bytes in which it was found.
    ///   - limits: How large the block may become, and in how many frames.
    ///   - pool: Where memory comes from; the loop's own.
    /// - Throws: an error that ends the connection when a limit is exceeded.
    public mutating func append(
        _ fragment: HTTP2FieldFragment, in bytes: RawSpan, limits: HTTP2Limits, pool: BufferPool
    ) throws(HTTP2Error) {
        if fragment.beginsBlock {
            release(to: pool)
        } else {
            continuations += 1
            guard continuations <= limits.continuationFrames else { throw HTTP2Error(.tooManyContinuations) }
        }
        let piece = fragment.block.of(bytes)
        let size = buffer.count + piece.byteCount
        guard size <= limits.fieldBlock else { throw HTTP2Error(.fieldBlockTooLarge) }
        if buffer.available < piece.byteCount {
            var larger = pool.take(atLeast: max(size, min(2 * size, limits.fieldBlock)))
            larger.append(buffer.bytes)
            swap(&buffer, &larger)
            pool.give(larger)
        }
        buffer.append(piece)
    }

    /// Forgets the octets and gives the memory back.
    public mutating func release(to pool: BufferPool) {
        continuations = 0
        guard buffer.capacity > 0 else { return }
        var empty = Buffer()
        swap(&buffer, &empty)
        pool.give(empty)
    }
}

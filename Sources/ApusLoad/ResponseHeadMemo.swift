import ApusHTTP

/// The last head that was read, and what it said. A server under load sends the same head again and again, until the
/// clock in its Date field moves on, so comparing spares nearly all parsing.
struct ResponseHeadMemo: ~Copyable {
    /// Longer heads are not kept.
    static let capacity = 1024
    /// A load generator bears more than a server does.
    private static let limits = HTTP1Limits(fieldLine: 64 << 10, fieldCount: 200, fieldSection: 256 << 10)

    /// The head that was read last.
    private(set) var head = HTTP1ResponseHead(limits: limits)
    /// What a head is read into, so that one that is incomplete leaves the kept one alone.
    private var next = HTTP1ResponseHead(limits: limits)
    private let parser = HTTP1ResponseParser(limits: limits)
    private var length = 0
    private var kept = [UInt8](repeating: 0, count: capacity)

    /// Reads the head at the front of `bytes` into `head`.
    ///
    /// - Parameters:
    ///   - bytes: the head and whatever follows it.
    ///   - method: that of the request that is answered; the same at every call.
    @inline(__always) mutating func read(_ bytes: RawSpan, to method: HTTPMethod.Kind) -> HTTP1ParseResult {
        matches(bytes) ? .complete(length) : parse(bytes, method)
    }

    /// Whether the head at the front is the one kept, byte for byte.
    @inline(__always) func matches(_ bytes: RawSpan) -> Bool {
        guard length > 0, bytes.byteCount >= length else { return false }
        let kept = unsafe kept.span.bytes
        var index = 0
        // The last step may look at bytes a second time.
        while index < length {
            let place = min(index, length &- 8)
            let left = unsafe kept.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
            let right = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
            if left != right { return false }
            index &+= 8
        }
        return true
    }

    @inline(never) private mutating func parse(_ bytes: RawSpan, _ method: HTTPMethod.Kind) -> HTTP1ParseResult {
        let result = parser.parse(bytes, to: method, into: &next)
        guard case .complete(let count) = result else { return result }
        swap(&head, &next)
        // Every head has more than eight bytes: it begins with `HTTP/1.1 200`.
        length = count <= Self.capacity ? count : 0
        for index in 0..<length { kept[index] = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) }
        return result
    }
}

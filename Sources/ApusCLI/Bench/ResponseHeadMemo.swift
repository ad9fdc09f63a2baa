/// The last head that was read, and what it said. A server under load sends the same head again and again, until the
/// clock in its Date field moves on, so comparing spares nearly all parsing.
struct ResponseHeadMemo: ~Copyable {
    /// Longer heads are not kept.
    static let capacity = 1024

    private(set) var head = ResponseHead(status: 0, framing: .none, mayContinue: false)
    private var length = 0
    private var bytes = [UInt8](repeating: 0, count: capacity)

    /// The length of the head at `offset` when it is the one kept, byte for byte.
    @inline(__always) func match(_ shown: RawSpan, at offset: Int) -> Int? {
        guard length > 0, shown.byteCount &- offset >= length else { return nil }
        let kept = unsafe bytes.span.bytes
        var index = 0
        // The last step may look at bytes a second time.
        while index < length {
            let place = min(index, length &- 8)
            let left = unsafe kept.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
            let right = unsafe shown.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ place, as: UInt64.self)
            if left != right { return nil }
            index &+= 8
        }
        return length
    }

    /// Keeps a head for the next ``match(_:at:)``.
    mutating func keep(_ head: ResponseHead, _ shown: RawSpan) {
        length = 0
        // Every head has more than eight bytes: it begins with `HTTP/1.1 200`.
        guard shown.byteCount <= Self.capacity, shown.byteCount >= 8 else { return }
        self.head = head
        for index in 0..<shown.byteCount { bytes[index] = shown[index] }
        length = shown.byteCount
    }
}

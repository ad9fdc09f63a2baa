#if URing && canImport(CURing)
    import CURing
    import Glibc

    /// Message headers and lists of pieces for the vector sends of one turn.
    ///
    /// The kernel reads them while it takes the operation (`IORING_FEAT_SUBMIT_STABLE`), so they live from the
    /// preparation until the submission, and are all given up together then. The bytes that they name belong to the
    /// endpoint until its send ends.
    @safe struct UringVectors: ~Copyable {
        private static let messageCapacity = 256
        private static let pieceCapacity = 2048
        private let messages: UnsafeMutablePointer<msghdr>
        private let pieces: UnsafeMutablePointer<iovec>
        private var messageCount = 0
        private var pieceCount = 0

        init() {
            unsafe messages = .allocate(capacity: Self.messageCapacity)
            unsafe pieces = .allocate(capacity: Self.pieceCapacity)
        }

        deinit {
            unsafe messages.deallocate()
            unsafe pieces.deallocate()
        }

        /// Copies a list of pieces, of which it takes the first 1,024; nil when there is no room before the next
        /// submission.
        mutating func add(_ list: UnsafeBufferPointer<iovec>) -> UnsafePointer<msghdr>? {
            let count = min(list.count, mostPieces)
            guard messageCount < Self.messageCapacity, pieceCount + count <= Self.pieceCapacity,
                let base = list.baseAddress
            else { return nil }
            let copy = unsafe pieces + pieceCount
            unsafe copy.initialize(from: base, count: count)
            let message = unsafe messages + messageCount
            unsafe message.initialize(to: msghdr())
            unsafe message.pointee.msg_iov = copy
            unsafe message.pointee.msg_iovlen = count
            messageCount += 1
            pieceCount += count
            return unsafe UnsafePointer(message)
        }

        /// Gives all up: the kernel has taken every operation that named them.
        @inline(__always) mutating func removeAll() {
            messageCount = 0
            pieceCount = 0
        }
    }
#endif

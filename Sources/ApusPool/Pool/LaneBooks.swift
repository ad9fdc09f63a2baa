import ApusRuntime

/// What one lane counts, and where: written by the lane's owner, read by any thread.
enum LaneBooks {
    // Places in the tally.
    static let opened = 0
    static let requests = 1
    static let failures = 2
    static let received = 3
    static let sent = 4
    /// Connections with a request in hand now.
    static let busy = 5
    /// The times at which the present connections came, added up, in milliseconds: their mean age without a walk.
    static let openedSum = 6
    /// Connections above the limit for which there was no row: counted, not listed.
    static let unlisted = 7
    static let removed = 8
    static let rejected = removed + RemovalReason.allCases.count
    static let timeouts = rejected + RejectionCause.allCases.count
    /// Connections by the requests that they had served when they went: 0, 1, 2–3, 4–7, …
    static let requestBuckets = timeouts + TimeoutKind.allCases.count
    static let bucketCount = 24
    static let words = requestBuckets + bucketCount

    // Words of a row.
    static let rowOpened = 1
    static let rowTouched = 2
    static let rowRequests = 3
    static let rowReceived = 4
    static let rowSent = 5
    static let rowHandle = 6
    /// Failures (16 bits), those in a row (8), requests in hand (16), listener (8), flags (8).
    static let rowMixed = 7

    static func bucket(_ requests: Int) -> Int { min(bucketCount - 1, Int.bitWidth - requests.leadingZeroBitCount) }
}

/// The seventh word of a connection's row.
struct RowMix {
    var word: UInt64

    var failures: Int {
        get { Int(word & 0xFFFF) }
        set { word = word & ~0xFFFF | UInt64(min(newValue, 0xFFFF)) }
    }
    var failuresInRow: Int {
        get { Int(word >> 16 & 0xFF) }
        set { word = word & ~(0xFF << 16) | UInt64(min(newValue, 0xFF)) << 16 }
    }
    var inFlight: Int {
        get { Int(word >> 24 & 0xFFFF) }
        set { word = word & ~(0xFFFF << 24) | UInt64(max(0, min(newValue, 0xFFFF))) << 24 }
    }
    var listener: UInt8 {
        get { UInt8(truncatingIfNeeded: word >> 40) }
        set { word = word & ~(0xFF << 40) | UInt64(newValue) << 40 }
    }
    var isDraining: Bool {
        get { word >> 48 & 1 == 1 }
        set { word = word & ~(1 << 48) | (newValue ? 1 << 48 : 0) }
    }
}

extension ConnectionRecord {
    init(_ row: RowTable.Copy, lane: Int, loop: Int?, now: UInt64) {
        let mix = RowMix(word: row[LaneBooks.rowMixed])
        func ago(_ milliseconds: UInt64) -> Duration {
            .milliseconds(Int64(now > milliseconds ? now - milliseconds : 0))
        }
        self.init(
            id: ConnectionID(lane: lane, index: row.index, generation: row.generation),
            handle: row[LaneBooks.rowHandle], listener: mix.listener, loop: loop,
            state: mix.isDraining ? .draining : mix.inFlight > 0 ? .active : .idle,
            condition: mix.failuresInRow == 0 ? .sound : mix.failuresInRow < 3 ? .suspect : .failing,
            age: ago(row[LaneBooks.rowOpened]), quiet: ago(row[LaneBooks.rowTouched]),
            requests: Int(row[LaneBooks.rowRequests]), inFlight: mix.inFlight, failures: mix.failures,
            received: Int(row[LaneBooks.rowReceived]), sent: Int(row[LaneBooks.rowSent]))
    }
}

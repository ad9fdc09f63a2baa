@_spi(Apus) import ApusRuntime

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
    static let removed = 7
    static let rejected = removed + RemovalReason.allCases.count
    static let shed = rejected + Int(RejectionCause.shed.rawValue)
    static let timeouts = rejected + RejectionCause.allCases.count
    /// Connections by the requests that they had served when they went: 0, 1, 2–3, 4–7, …
    static let requestBuckets = timeouts + TimeoutKind.allCases.count
    static let bucketCount = 24
    static let words = requestBuckets + bucketCount

    // Words of a row, which has the listener for its tag.
    /// When it came (lower half) and when something was counted last, each in ``RowTimes/unit``.
    static let rowTimes = 1
    /// Requests served (lower half), and ``RowMix``.
    static let rowRequests = 2
    static let rowReceived = 3
    static let rowSent = 4
    static let rowHandle = 5

    static func bucket(_ requests: Int) -> Int { min(bucketCount - 1, Int.bitWidth - requests.leadingZeroBitCount) }
}

/// The times of a connection's row, in 32 ms each: for four years of a machine's running.
struct RowTimes {
    static let unit: UInt64 = 5

    static func word(opened now: UInt64) -> UInt64 {
        let units = now >> unit & 0xFFFF_FFFF
        return units | units << 32
    }

    static func touched(_ word: UInt64, now: UInt64) -> UInt64 {
        word & 0xFFFF_FFFF | (now >> unit & 0xFFFF_FFFF) << 32
    }

    /// Milliseconds of the monotonic clock.
    static func opened(_ word: UInt64) -> UInt64 { (word & 0xFFFF_FFFF) << unit }
    static func touched(_ word: UInt64) -> UInt64 { (word >> 32) << unit }
}

/// The second word of a connection's row: requests, and what happened to the last ones.
struct RowMix {
    var word: UInt64

    /// Requests served; it stands still at 2³² − 1.
    var requests: Int {
        get { Int(word & 0xFFFF_FFFF) }
        set { word = word & ~0xFFFF_FFFF | UInt64(min(newValue, 0xFFFF_FFFF)) }
    }
    /// Requests in hand, up to 4,095.
    var inFlight: Int {
        get { Int(word >> 32 & 0xFFF) }
        set { word = word & ~(0xFFF << 32) | UInt64(max(0, min(newValue, 0xFFF))) << 32 }
    }
    /// Failures, up to 255.
    var failures: Int {
        get { Int(word >> 44 & 0xFF) }
        set { word = word & ~(0xFF << 44) | UInt64(min(newValue, 0xFF)) << 44 }
    }
    /// Those in a row, up to 15.
    var failuresInRow: Int {
        get { Int(word >> 52 & 0xF) }
        set { word = word & ~(0xF << 52) | UInt64(min(newValue, 0xF)) << 52 }
    }
    /// Whether the last failure was not followed by a count of requests yet.
    var hasFresh: Bool {
        get { word >> 56 & 1 == 1 }
        set { word = word & ~(1 << 56) | (newValue ? 1 << 56 : 0) }
    }
    var isDraining: Bool {
        get { word >> 57 & 1 == 1 }
        set { word = word & ~(1 << 57) | (newValue ? 1 << 57 : 0) }
    }
    /// Why it will end, when that is known.
    var reason: RemovalReason? {
        get {
            let number = UInt8(word >> 58 & 0xF)
            return number == 0 ? nil : RemovalReason(rawValue: number - 1)
        }
        set { word = word & ~(0xF << 58) | UInt64(newValue.map { $0.rawValue + 1 } ?? 0) << 58 }
    }
    /// Failures in a row, and the fresh one.
    static let troubled: UInt64 = 0x1F << 52

    /// Requests were counted: a failure among them stands, one before them is made good.
    mutating func settle() {
        if hasFresh { hasFresh = false } else { failuresInRow = 0 }
    }
}

extension ConnectionRecord {
    init(_ row: RowTable.Copy, lane: Int, loop: Int?, now: UInt64) {
        let mix = RowMix(word: row[LaneBooks.rowRequests])
        let times = row[LaneBooks.rowTimes]
        func ago(_ milliseconds: UInt64) -> Duration {
            .milliseconds(Int64(now > milliseconds ? now - milliseconds : 0))
        }
        self.init(
            id: ConnectionID(lane: lane, index: row.index, generation: row.generation),
            handle: row[LaneBooks.rowHandle], listener: row.tag, loop: loop,
            state: mix.isDraining ? .draining : mix.inFlight > 0 ? .active : .idle,
            condition: mix.failuresInRow == 0 ? .sound : mix.failuresInRow < 3 ? .suspect : .failing,
            age: ago(RowTimes.opened(times)), quiet: ago(RowTimes.touched(times)),
            requests: mix.requests, inFlight: mix.inFlight, failures: mix.failures,
            received: Int(row[LaneBooks.rowReceived]), sent: Int(row[LaneBooks.rowSent]))
    }
}

public import ApusRuntime

/// One loop's states of the compression libraries: each costs 40 KiB to 2 MiB, so they are used again rather than made
/// for each content, and given back when nobody needs them.
///
/// Nothing is made before it is asked for. Loop only, but for a pool without a loop: that one belongs to its thread.
public final class CodingPool {
    /// What a pool holds and did.
    public struct Statistics: Sendable, Equatable {
        /// States that encode or decode something now.
        public var inUse = 0
        /// States that wait for their next content.
        public var idle = 0
        /// States that were made.
        public var made = 0
        /// Contents that found a state waiting.
        public var reused = 0
    }

    private let loop: EventLoop?
    private var encodings: [[EncodingContext]]
    private var decodings: [[DecodingContext]]
    private let mostIdle: Int
    private var awaitsSweep = false
    /// What the pool holds and did.
    public private(set) var statistics = Statistics()

    /// How long a state waits for its next content before it is given up.
    public static let idleTime = Duration.seconds(10)
    /// A state that holds more than this, in bytes, is not kept.
    static let mostBytes = 4 << 20

    /// A pool without a loop, which gives up no state before it goes itself.
    ///
    /// - Parameter mostIdle: The most states that wait, of each coding and direction.
    public convenience init(mostIdle: Int = 4) { self.init(loop: nil, mostIdle: mostIdle) }

    private init(loop: EventLoop?, mostIdle: Int) {
        self.loop = loop
        self.mostIdle = mostIdle
        encodings = Array(repeating: [], count: ContentCoding.allCases.count)
        decodings = Array(repeating: [], count: ContentCoding.allCases.count)
    }

    /// The loop's pool. Loop only.
    public static func of(_ loop: EventLoop) -> CodingPool {
        loop.local(ObjectIdentifier(CodingPool.self)) { CodingPool(loop: loop, mostIdle: 4) }
    }

    func takeEncoding(_ coding: ContentCoding) throws(CodingError) -> EncodingContext {
        if let context = encodings[Int(coding.rawValue)].popLast() {
            noteReuse()
            return context
        }
        let made = try EncodingContext.make(coding)
        noteMade()
        return made
    }

    func takeDecoding(_ coding: ContentCoding) throws(CodingError) -> DecodingContext {
        if let context = decodings[Int(coding.rawValue)].popLast() {
            noteReuse()
            return context
        }
        let made = try DecodingContext.make(coding)
        noteMade()
        return made
    }

    func give(_ context: EncodingContext) {
        // What is dropped elsewhere, when its loop has ended, goes for good.
        guard loop?.isCurrent != false else { return }
        statistics.inUse -= 1
        let place = Int(context.coding.rawValue)
        guard encodings[place].count < mostIdle, context.footprint <= Self.mostBytes else { return }
        context.usedAt = loop?.tick ?? 0
        encodings[place].append(context)
        statistics.idle += 1
        sweepLater()
    }

    func give(_ context: DecodingContext) {
        // What is dropped elsewhere, when its loop has ended, goes for good.
        guard loop?.isCurrent != false else { return }
        statistics.inUse -= 1
        let place = Int(context.coding.rawValue)
        guard decodings[place].count < mostIdle, context.footprint <= Self.mostBytes else { return }
        context.usedAt = loop?.tick ?? 0
        decodings[place].append(context)
        statistics.idle += 1
        sweepLater()
    }

    private func noteReuse() {
        statistics.reused += 1
        statistics.idle -= 1
        statistics.inUse += 1
    }

    private func noteMade() {
        statistics.made += 1
        statistics.inUse += 1
    }

    /// Gives up the states that have waited longer than ``idleTime``; true when some still wait.
    func sweep(now: UInt64) -> Bool {
        let patience = UInt64(Self.idleTime.components.seconds) * 1000
        for place in encodings.indices {
            encodings[place].removeAll { now &- $0.usedAt >= patience }
            decodings[place].removeAll { now &- $0.usedAt >= patience }
        }
        statistics.idle = encodings.reduce(0) { $0 + $1.count } + decodings.reduce(0) { $0 + $1.count }
        return statistics.idle > 0
    }

    private func sweepLater() {
        guard let loop, !awaitsSweep else { return }
        awaitsSweep = true
        loop.schedule(after: Self.idleTime) { loop in
            let pool = CodingPool.of(loop)
            pool.awaitsSweep = false
            if pool.sweep(now: loop.tick) { pool.sweepLater() }
        }
    }
}

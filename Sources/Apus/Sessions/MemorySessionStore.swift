public import ApusRuntime
import Synchronization

/// Keeps sessions in this process: each on the loop where it began, whose number is part of its id.
///
/// A request that comes by that loop, as those of one connection do, has the session at once; others send the loop a
/// message and wait for its answer. So there is no lock, and changes of requests that run at the same time are applied
/// one after the other.
///
/// It is bounded: when there are ``capacity`` sessions and one more begins, the one of its loop that was used longest ago
/// ends. Time is the monotonic clock's. When the process ends, so do the sessions.
public final class MemorySessionStore: SessionStore {
    /// How many sessions there may be at a time.
    public let capacity: Int
    private let shared: Shared

    /// A store without sessions.
    ///
    /// - Parameter capacity: How many sessions there may be at a time, 1 or more. One takes 300 bytes and what its values
    ///   take.
    public init(capacity: Int = 100_000) {
        precondition(capacity > 0, "a store has room for at least one session")
        self.capacity = capacity
        shared = Shared()
    }

    /// How many sessions there are, those included that have ended and whose memory was not needed yet.
    public var count: Int { shared.count.load(ordering: .relaxed) }

    /// Makes an id that names the loop: 256 random bits, and its number.
    public func makeID(on loop: EventLoop) -> String {
        "\(SessionID.random())-\(String(home(of: loop).number, radix: 36))"
    }

    /// The values of a session.
    public func load(_ id: String, _ timing: SessionTiming, on loop: EventLoop) async throws -> SessionValues? {
        await atHome(of: id, loop) { home, now in home.load(id, now) } ?? nil
    }

    /// Stores changes.
    public func save(
        _ id: String, _ changes: [String: [UInt8]?], isNew: Bool, _ timing: SessionTiming, on loop: EventLoop
    ) async throws {
        let capacity = capacity
        _ = await atHome(of: id, loop) { home, now in
            if isNew {
                home.add(id, changes.compactMapValues { $0 }, timing, now, capacity)
            } else {
                _ = home.shard.save(id, changes, now: now)
            }
        }
    }

    /// Ends a session.
    public func remove(_ id: String, on loop: EventLoop) async throws {
        _ = await atHome(of: id, loop) { home, _ in home.remove(id) }
    }

    // MARK: Loops

    /// Does something where a session lives; nil when no such loop runs.
    private func atHome<Result: Sendable>(
        of id: String, _ loop: EventLoop, _ body: @escaping @Sendable (Home, UInt64) -> Result
    ) async -> Result? {
        guard let dash = id.utf8.lastIndex(of: UInt8(ascii: "-")),
            let number = Int(id[id.utf8.index(after: dash)...], radix: 36)
        else { return nil }
        let home = home(of: loop)
        if home.number == number { return body(home, loop.now) }
        guard let other = home.loop(number) else { return nil }
        let shared = shared
        return await unsafe withUnsafeContinuation { continuation in
            other.execute { other in
                let home = Self.home(of: other, shared)
                unsafe continuation.resume(returning: home.number == number ? body(home, other.now) : nil)
            }
        }
    }

    private func home(of loop: EventLoop) -> Home { Self.home(of: loop, shared) }

    private static func home(of loop: EventLoop, _ shared: Shared) -> Home {
        loop.local(ObjectIdentifier(shared)) { Home(shared, loop) }
    }

    /// What the loops that hold sessions of one store know of one another.
    final class Shared: Sendable {
        let count = Atomic<Int>(0)
        /// Rises when a loop has ended.
        let endings = Atomic<Int>(0)
        private let lastNumber = Atomic<Int>(-1)
        // Taken when a loop first meets another, and when one ends.
        private let loops = Lock<[Int: EventLoop]>([:])

        func register(_ loop: EventLoop) -> Int {
            let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
            loops.withLock { $0[number] = loop }
            return number
        }

        func loop(_ number: Int) -> EventLoop? { loops.withLock { $0[number] } }

        func end(_ number: Int, _ count: Int) {
            self.count.wrappingSubtract(count, ordering: .relaxed)
            loops.withLock { $0[number] = nil }
            endings.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// The sessions of one loop. Belongs to it.
    final class Home: LoopLocal {
        let number: Int
        var shard = SessionShard()
        private let shared: Shared
        private var known: [Int: EventLoop] = [:]
        private var seenEndings = 0

        init(_ shared: Shared, _ loop: EventLoop) {
            self.shared = shared
            number = shared.register(loop)
        }

        func load(_ id: String, _ now: UInt64) -> SessionValues? {
            forget(now)
            return shard.load(id, now: now)
        }

        func add(_ id: String, _ values: SessionValues, _ timing: SessionTiming, _ now: UInt64, _ capacity: Int) {
            forget(now)
            if shared.count.load(ordering: .relaxed) >= capacity, shard.removeOldest() {
                shared.count.wrappingSubtract(1, ordering: .relaxed)
            }
            shard.add(id, values, timing, now: now)
            shared.count.wrappingAdd(1, ordering: .relaxed)
        }

        func remove(_ id: String) {
            if shard.remove(id) { shared.count.wrappingSubtract(1, ordering: .relaxed) }
        }

        /// Each use of the store has a few go that have ended.
        private func forget(_ now: UInt64) {
            let count = shard.removeEnded(atMost: 4, now: now)
            if count > 0 { shared.count.wrappingSubtract(count, ordering: .relaxed) }
        }

        /// The loop of a number, asked for once.
        func loop(_ number: Int) -> EventLoop? {
            let endings = shared.endings.load(ordering: .relaxed)
            if endings != seenEndings {
                known = [:]
                seenEndings = endings
            }
            if let loop = known[number] { return loop }
            let loop = shared.loop(number)
            known[number] = loop
            return loop
        }

        func loopEnds() { shared.end(number, shard.count) }
    }
}

/// The sessions that live on one loop, the latest used in front. Belongs to the loop.
struct SessionShard {
    private struct Entry {
        var id: String
        var values: SessionValues
        /// Nanoseconds of the loop's clock.
        var began: UInt64
        var used: UInt64
        var idleTimeout: UInt64
        var lifetime: UInt64
        var newer: Int
        var older: Int

        func hasEnded(_ now: UInt64) -> Bool {
            now >= used &+ idleTimeout || now >= began &+ lifetime
        }
    }

    private static let none = -1
    private var places: [String: Int] = [:]
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var newest = Self.none
    private var oldest = Self.none

    var count: Int { places.count }

    /// The values of a session that has not ended, which counts as used then.
    mutating func load(_ id: String, now: UInt64) -> SessionValues? {
        guard let place = find(id, now) else { return nil }
        use(place, now)
        return entries[place].values
    }

    /// Applies changes; false when the session has ended meanwhile.
    mutating func save(_ id: String, _ changes: [String: [UInt8]?], now: UInt64) -> Bool {
        guard let place = find(id, now) else { return false }
        use(place, now)
        for (name, value) in changes { entries[place].values[name] = value }
        return true
    }

    /// Adds a session that begins now.
    mutating func add(_ id: String, _ values: SessionValues, _ timing: SessionTiming, now: UInt64) {
        let entry = Entry(
            id: id, values: values, began: now, used: now, idleTimeout: timing.idleTimeout.clampedNanoseconds,
            lifetime: timing.lifetime.clampedNanoseconds, newer: Self.none, older: Self.none)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[id] = place
        link(place)
    }

    /// Ends a session; whether there was one.
    mutating func remove(_ id: String) -> Bool {
        guard let place = places[id] else { return false }
        removeEntry(at: place)
        return true
    }

    /// Ends up to `most` of those that were used longest ago and have ended by themselves.
    /// - Returns: How many.
    mutating func removeEnded(atMost most: Int, now: UInt64) -> Int {
        var count = 0
        while count < most, oldest != Self.none, entries[oldest].hasEnded(now) {
            removeEntry(at: oldest)
            count += 1
        }
        return count
    }

    /// Ends the one that was used longest ago; whether there was one.
    mutating func removeOldest() -> Bool {
        guard oldest != Self.none else { return false }
        removeEntry(at: oldest)
        return true
    }

    private func find(_ id: String, _ now: UInt64) -> Int? {
        guard let place = places[id], !entries[place].hasEnded(now) else { return nil }
        return place
    }

    private mutating func use(_ place: Int, _ now: UInt64) {
        entries[place].used = max(entries[place].used, now)
        guard newest != place else { return }
        unlink(place)
        link(place)
    }

    private mutating func removeEntry(at place: Int) {
        unlink(place)
        places[entries[place].id] = nil
        entries[place].id = ""
        entries[place].values = [:]
        free.append(place)
    }

    private mutating func link(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = Self.none
        if newest != Self.none { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer != Self.none { entries[newer].older = older } else { newest = older }
        if older != Self.none { entries[older].newer = newer } else { oldest = newer }
    }
}

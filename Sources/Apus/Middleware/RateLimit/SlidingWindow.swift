/// Counts requests in windows that follow one another, in a word: the number of the window (its low 24 bits), how many
/// requests there were in the one before, and in it (20 bits each).
///
/// Those of the window before count by the part of it that still lies within the last window's time, as if they had come
/// evenly. A word is good for the window it names and the next; later it says nothing. Were a client to come back after
/// exactly 2^24 windows (194 days of windows of a second), it would be taken for one that had come just before.
struct SlidingWindow {
    let rule: RateLimitRule

    private struct Count {
        var window: UInt64
        var before: UInt64
        var present: UInt64

        init(word: UInt64) {
            window = word &>> 40
            before = word &>> 20 & 0xF_FFFF
            present = word & 0xF_FFFF
        }

        var word: UInt64 { window &<< 40 | before &<< 20 | present }
    }

    /// Counts requests, if so many are allowed.
    ///
    /// - Parameters:
    ///   - cost: The requests to count, 1 to the rule's limit.
    ///   - word: The counts so far; 0 for a key that was not seen.
    ///   - now: The time, in nanoseconds of one monotonic clock.
    /// - Returns: The new counts, and the decision.
    @inline(__always)
    func take(_ cost: Int, _ word: UInt64, now: UInt64) -> (UInt64, RateLimitDecision) {
        let length = rule.windowNanoseconds
        let limit = UInt64(rule.limit)
        var (number, elapsed) = now.quotientAndRemainder(dividingBy: length)
        var count = Count(word: word)
        switch (number &- count.window) & 0xFF_FFFF {
        case 0: break
        // The clock of a loop whose turn began a little earlier: that loop counts on at the window's begin.
        case 0xFF_FFFF where word != 0:
            number &+= 1
            elapsed = 0
        case 1: (count.before, count.present) = (count.present, 0)
        default: (count.before, count.present) = (0, 0)
        }
        count.window = number & 0xFF_FFFF
        let used = count.present &+ Self.share(count.before, length &- elapsed, of: length)
        guard used &+ UInt64(cost) <= limit else {
            let wait = wait(for: UInt64(cost), count, elapsed, limit)
            return (
                word,
                RateLimitDecision(
                    isAllowed: false, remaining: Int(used < limit ? limit &- used : 0),
                    resetNanoseconds: Int64(length &- elapsed &+ (count.present > 0 ? length : 0)),
                    retryNanoseconds: Int64(wait))
            )
        }
        count.present &+= UInt64(cost)
        return (
            count.word,
            RateLimitDecision(
                isAllowed: true, remaining: Int(limit &- used &- UInt64(cost)),
                resetNanoseconds: Int64(length &- elapsed &+ length))
        )
    }

    /// When a word says nothing any more.
    func expiry(of word: UInt64, now: UInt64) -> UInt64 {
        let number = now / rule.windowNanoseconds
        let age = (number &- word &>> 40) & 0xFF_FFFF
        // One that lies in the future by the clock of a loop whose turn began earlier is a fresh one.
        let end: UInt64 = age == 0xFF_FFFF ? 3 : age < 2 ? 2 &- age : 0
        return end == 0 ? 0 : (number &+ end) &* rule.windowNanoseconds
    }

    /// How long until `cost` more are allowed, when none come meanwhile.
    private func wait(for cost: UInt64, _ count: Count, _ elapsed: UInt64, _ limit: UInt64) -> UInt64 {
        let length = rule.windowNanoseconds
        if count.present &+ cost <= limit {
            // In this window, when little enough of the one before still counts.
            let share = Self.floorShare(limit &- count.present &- cost, of: length, count.before)
            return max(length &- elapsed &- min(share, length &- elapsed), 1)
        }
        // In the next, when little enough of this one still counts.
        let share = Self.floorShare(limit &- cost, of: length, count.present)
        return length &- elapsed &+ length &- min(share, length)
    }

    /// `count * part / whole`, rounded up.
    private static func share(_ count: UInt64, _ part: UInt64, of whole: UInt64) -> UInt64 {
        if count == 0 { return 0 }
        let (quotient, remainder) = whole.dividingFullWidth(count.multipliedFullWidth(by: part))
        return quotient &+ (remainder > 0 ? 1 : 0)
    }

    /// `whole * count / all`, rounded down, where `count` is less than `all`; else all of it.
    private static func floorShare(_ count: UInt64, of whole: UInt64, _ all: UInt64) -> UInt64 {
        count >= all ? whole : all.dividingFullWidth(whole.multipliedFullWidth(by: count)).quotient
    }
}

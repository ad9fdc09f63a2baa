import CSystem

/// Holds back lines that say the same again and again, and says how many they were. Any thread, one at a time.
///
/// A line is the same as another when its level and its text are; its fields may differ. The first of a kind is written,
/// and those that follow within the time are counted; the next one of the kind after that is written with their number,
/// and so is the number when anything else is written later than that. At most ``most`` kinds are known at a time.
struct RepetitionLimit: Sendable {
    static let most = 256

    private struct Key: Hashable {
        let level: Log.Level
        let text: String
    }

    private struct Seen {
        /// When the kind may be written again, in nanoseconds of the monotonic clock.
        var until: UInt64
        var heldBack = 0
    }

    let nanoseconds: UInt64
    private var seen: [Key: Seen] = [:]
    /// When the first of those may be written again that held something back.
    private var nextEnd = UInt64.max

    init(_ time: Duration) { nanoseconds = time.clampedNanoseconds }

    /// What is to be written now that `entry` comes: nothing, the line, or others in front of it that tell of what was held
    /// back.
    mutating func admit(_ entry: LogEntry, now: UInt64 = apus_monotonic_nanoseconds()) -> [LogEntry] {
        guard nanoseconds > 0 else { return [entry] }
        var written = now >= nextEnd ? takeEnded(now) : []
        let key = Key(level: entry.level, text: entry.text)
        if var known = seen[key], now < known.until {
            known.heldBack += 1
            seen[key] = known
            nextEnd = min(nextEnd, known.until)
            return written
        }
        if seen.count >= Self.most { written += forget(now) }
        seen[key] = Seen(until: now &+ nanoseconds)
        written.append(entry)
        return written
    }

    /// What tells of all that was held back so far.
    mutating func takeAll() -> [LogEntry] { takeEnded(.max) }

    private mutating func takeEnded(_ now: UInt64) -> [LogEntry] {
        var ended: [LogEntry] = []
        nextEnd = .max
        for (key, one) in seen where one.heldBack > 0 {
            if one.until <= now {
                ended.append(Self.entry(key, one.heldBack))
                seen[key] = nil
            } else {
                nextEnd = min(nextEnd, one.until)
            }
        }
        return ended
    }

    /// Makes room: forgets the kinds whose time is over, and all when there are none.
    private mutating func forget(_ now: UInt64) -> [LogEntry] {
        let ended = takeEnded(now)
        seen = seen.filter { $0.value.until > now }
        guard seen.count >= Self.most else { return ended }
        let rest = takeAll()
        seen = [:]
        return ended + rest
    }

    private static func entry(_ key: Key, _ count: Int) -> LogEntry {
        LogEntry(level: key.level, text: key.text, fields: [("repeated", .integer(count))])
    }
}

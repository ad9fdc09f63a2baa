import CSystem

/// The time of day as logs write it, made once a second. Belongs to a loop.
package struct LogClock: ~Copyable {
    /// `[21/Nov/2026:09:50:34 +0000]`
    package private(set) var common = Buffer(capacity: 64)
    /// `2026-11-21T09:50:34`
    package private(set) var iso = Buffer(capacity: 64)
    /// Of the second, 0 to 999.
    package private(set) var milliseconds = 0
    private var second = Int64.min
    /// What the monotonic clock lacks to the time of day; it changes when the latter is set.
    private var lack: UInt64 = 0

    package init() {}

    /// Brings the time to the present.
    mutating func update() { update(apus_monotonic_nanoseconds()) }

    /// Brings the time to `now`, in nanoseconds of the monotonic clock.
    package mutating func update(_ now: UInt64) {
        let time = now &+ lack
        let whole = Int64(truncatingIfNeeded: time / 1_000_000_000)
        milliseconds = Int(truncatingIfNeeded: time % 1_000_000_000 / 1_000_000)
        if whole != second { write(now) }
    }

    @inline(never)
    private mutating func write(_ now: UInt64) {
        lack = apus_realtime_nanoseconds() &- apus_monotonic_nanoseconds()
        let time = now &+ lack
        second = Int64(truncatingIfNeeded: time / 1_000_000_000)
        milliseconds = Int(truncatingIfNeeded: time % 1_000_000_000 / 1_000_000)
        let civil = apus_civil_time(second)
        iso.removeAll()
        iso.appendDigits(Int(civil.year), 4)
        for (mark, number) in [
            ("-" as StaticString, civil.month), ("-", civil.day), ("T", civil.hour), (":", civil.minute),
            (":", civil.second),
        ] {
            iso.append(mark)
            iso.appendDigits(Int(number), 2)
        }
        common.removeAll()
        common.append("[")
        common.appendDigits(Int(civil.day), 2)
        common.append(Self.months[Int(max(1, min(12, civil.month))) - 1])
        common.appendDigits(Int(civil.year), 4)
        for number in [civil.hour, civil.minute, civil.second] {
            common.append(":")
            common.appendDigits(Int(number), 2)
        }
        common.append(" +0000]")
    }

    private static let months: [StaticString] = [
        "/Jan/", "/Feb/", "/Mar/", "/Apr/", "/May/", "/Jun/", "/Jul/", "/Aug/", "/Sep/", "/Oct/", "/Nov/", "/Dec/",
    ]
}

extension Buffer {
    /// Appends the last `count` digits of a number that is not negative.
    mutating func appendDigits(_ number: Int, _ count: Int) {
        var unit = 1
        for _ in 1..<max(1, count) { unit *= 10 }
        while unit > 0 {
            append(byte: 0x30 &+ UInt8(truncatingIfNeeded: number / unit % 10))
            unit /= 10
        }
    }
}

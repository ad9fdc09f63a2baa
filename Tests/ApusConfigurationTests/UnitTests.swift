import Testing

@testable import ApusConfiguration

@Suite("Times and sizes as people write them")
struct UnitTests {
    @Test(
        "a time has a unit, perhaps several, perhaps decimals",
        arguments: [
            ("30s", Duration.seconds(30)), ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
            ("1m30s", .seconds(90)), ("1.5s", .milliseconds(1500)), ("250us", .microseconds(250)),
            ("7d", .seconds(604_800)),
            ("3ns", .nanoseconds(3)), ("0s", .zero), ("0.25ms", .microseconds(250)), ("1µs", .microseconds(1)),
        ])
    func times(text: String, expected: Duration) {
        #expect(TimeText.duration(text) == expected)
    }

    @Test(
        "what is no time is none",
        arguments: [
            "", "30", "s", "30 s", "-1s", "+1s", "1,5s", "1s2", "1x", "1.s", ".5s", "1..5s", "1.5ns",
            "99999999999999999999s",
            "9223372036s9223372036s", "３s", "1e3s",
        ])
    func noTimes(text: String) {
        #expect(TimeText.duration(text) == nil)
    }

    @Test(
        "a time is written as people say it, and read the same",
        arguments: [
            (Duration.seconds(30), "30s"), (.seconds(120), "2m"), (.seconds(90), "90s"), (.seconds(14400), "4h"),
            (.milliseconds(1500), "1s500ms"), (.microseconds(20), "20us"), (.nanoseconds(7), "7ns"), (.zero, "0s"),
            (.seconds(86400), "1d"), (.seconds(100_000), "27h46m40s"),
        ])
    func writtenTimes(time: Duration, expected: String) {
        #expect(TimeText.text(time) == expected)
        #expect(TimeText.duration(expected) == time)
    }

    @Test(
        "a size has a unit of 1024 or of 1000, or is a number of bytes",
        arguments: [
            ("64KiB", 65_536 as UInt64), ("1MiB", 1 << 20), ("2GiB", 2 << 30), ("1TiB", 1 << 40), ("10MB", 10_000_000),
            ("3kB", 3000), ("1.5KiB", 1536), ("12", 12), ("12B", 12), ("4 KiB", 4096), ("0", 0),
        ])
    func sizes(text: String, expected: UInt64) {
        #expect(ByteSize.bytes(text) == expected)
    }

    @Test(
        "what is no size is none",
        arguments: ["", "KiB", "1kib", "-1", "1.5", "1.5B", "0x10", "1 MiB x", "99999999999TiB", "10M"])
    func noSizes(text: String) {
        #expect(ByteSize.bytes(text) == nil)
    }

    @Test(
        "a size is written in the largest unit that is exact",
        arguments: [65536, 1000, 1 << 30, 0, 1_572_864, 10 << 20])
    func writtenSizes(bytes: UInt64) {
        #expect(ByteSize.bytes(ByteSize.text(bytes)) == bytes)
        #expect(
            ByteSize.text(65_536) == "64KiB" && ByteSize.text(1000) == "1000B" && ByteSize.text(1_572_864) == "1536KiB")
    }
}

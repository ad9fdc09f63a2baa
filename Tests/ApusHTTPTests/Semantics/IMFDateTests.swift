import ApusRuntime
import TestSupport
import Testing

@testable import ApusHTTP

@Suite("Dates as HTTP writes them (RFC 9110, 5.6.7)")
struct IMFDateTests {
    static let moments: [(Int64, String)] = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
    ]

    @Test("a moment is written as an IMF-fixdate, and read back", arguments: moments)
    func formats(seconds: Int64, text: String) {
        let date = IMFDate(secondsSince1970: seconds)
        #expect(date.description == text)
        #expect(date.bytes == Array(text.utf8))
        #expect(IMFDate(text) == date)
        var buffer = Buffer(capacity: 32)
        date.append(to: &buffer)
        #expect(String(copyingLatin1OrUTF8: buffer.bytes) == text)
    }

    @Test("a moment beyond the four-digit years becomes the nearest that can be written")
    func clamps() {
        #expect(IMFDate(secondsSince1970: .max).description == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(IMFDate(secondsSince1970: .min).description == "Sat, 01 Jan 0000 00:00:00 GMT")
    }

    @Test("every form of 10,000 random moments reads back as the moment")
    func roundTrips() {
        var random = SeededRandom(seed: 0x1994)
        let longNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        let now: Int64 = 1_764_000_000  // November 2025
        for _ in 0..<10_000 {
            let date = IMFDate(secondsSince1970: Int64.random(in: -62_167_219_200...253_402_300_799, using: &random))
            let text = date.description
            #expect(IMFDate(text) == date, "\(text)")
            let part = text.split(separator: " ").map(String.init)
            let day = part[1].hasPrefix("0") ? " " + part[1].dropFirst() : part[1]
            #expect(IMFDate("\(text.prefix(3)) \(part[2]) \(day) \(part[4]) \(part[3])") == date, "\(text)")

            // 1976 to 2075, all but its edges: what two digits can say in 2025.
            let near = IMFDate(secondsSince1970: Int64.random(in: 194_659_200...3_313_526_399, using: &random))
            let piece = near.description.split(separator: " ").map(String.init)
            let weekday = longNames[CivilDate.weekday(daysSince1970: Int((near.secondsSince1970) / 86_400))]
            let old = "\(weekday), \(piece[1])-\(piece[2])-\(piece[3].suffix(2)) \(piece[4]) GMT"
            #expect(parse(old, now: now) == near, "\(old)")
        }
    }

    @Test("days and dates are each other's inverse for 400 years, and follow one another")
    func calendar() {
        var previous = CivilDate(daysSince1970: -1)
        for days in 0..<146_097 {
            let date = CivilDate(daysSince1970: days)
            #expect(date.daysSince1970 == days)
            let next = (date.year, date.month, date.day)
            #expect(
                next == (previous.year, previous.month, previous.day + 1)
                    || date.day == 1 && next > (previous.year, previous.month, previous.day)
                        && CivilDate(year: previous.year, month: previous.month, day: previous.day + 1) == nil
            )
            previous = date
        }
    }

    @Test(
        "a two-digit year is never more than 50 years ahead",
        arguments: [
            // In 2026: 76 is at most 50 years ahead until the same second of the year.
            ("Saturday, 21-Nov-76 00:00:00 GMT", "2026-11-21T00:00:00", 2076),
            ("Sunday, 21-Nov-76 00:00:01 GMT", "2026-11-21T00:00:00", 1976),
            ("Sunday, 06-Nov-94 08:49:37 GMT", "2026-11-21T00:00:00", 1994),
            ("Friday, 06-Nov-43 08:49:37 GMT", "2026-11-21T00:00:00", 2043),
            ("Friday, 06-Nov-09 08:49:37 GMT", "2026-11-21T00:00:00", 2009),
            ("Monday, 06-Nov-06 08:49:37 GMT", "2006-11-21T00:00:00", 2006),
        ])
    func centuries(text: String, now: String, year: Int) throws {
        let parts = now.split { !$0.isNumber }.compactMap { Int($0) }
        let days = try #require(CivilDate(year: parts[0], month: parts[1], day: parts[2])).daysSince1970
        let date = parse(text, now: Int64(days * 86_400))
        #expect(date.map { CivilDate(daysSince1970: Int($0.secondsSince1970 / 86_400)).year } == year)
    }

    @Test("the second that a leap second adds is the first of the next day")
    func leapSecond() {
        #expect(IMFDate("Sat, 31 Dec 2016 23:59:60 GMT")?.description == "Sun, 01 Jan 2017 00:00:00 GMT")
        #expect(IMFDate("Sat, 31 Dec 2016 22:59:60 GMT") == nil)
    }

    @Test(
        "what is not exactly a date is none",
        arguments: [
            "", " ", "0", "now", "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
            "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Wed, 29 Feb 2023 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT  ",
            "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06 Nov 94 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun Nov  6 08:49:37 1994 GMT",
            "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
            "Sun, 06 Nov 1994\t08:49:37 GMT",
        ])
    func refuses(text: String) { #expect(IMFDate(text) == nil) }

    @Test("no change of one byte in a date is read as that date, and none crashes")
    func mutations() {
        let date = IMFDate(secondsSince1970: 784_111_777)
        for text in [date.description, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            let bytes = Array(text.utf8)
            for place in bytes.indices {
                for value in UInt8.min...UInt8.max where value != bytes[place] {
                    var changed = bytes
                    changed[place] = value
                    // The asctime form allows two ways to write a day below ten.
                    guard !(place == 8 && value == 0x30 && text.hasPrefix("Sun Nov")) else { continue }
                    #expect(parse(changed) != date)
                }
                #expect(parse(Array(bytes[..<place])) == nil)
            }
        }
    }
}

private func parse(_ text: String, now: Int64) -> IMFDate? {
    let bytes = Array(text.utf8)
    return unsafe IMFDate(parsing: bytes.span.bytes, now: now)
}

private func parse(_ bytes: [UInt8]) -> IMFDate? { unsafe IMFDate(parsing: bytes.span.bytes) }

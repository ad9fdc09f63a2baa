/// A moment as RFC 3339 writes it, `2026-11-21T09:30:00.5+01:00`; or a day, `2026-11-21`, which begins in UTC, as a
/// browser's date field sends it.
struct Timestamp {
    let secondsSince1970: Double

    init?(_ text: String) {
        var reader = Reader(text: Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), let days = Self.days(year, month, day)
        else { return nil }
        var seconds = Double(days) * 86_400
        if !reader.isAtEnd {
            guard reader.take("T") || reader.take("t") || reader.take(" "), let hour = reader.number(2),
                reader.take(":"), let minute = reader.number(2), hour < 24, minute < 60
            else { return nil }
            seconds += Double(hour * 3600 + minute * 60)
            if reader.take(":") {
                guard let second = reader.number(2), second <= 60 else { return nil }
                seconds += Double(second)
                if reader.take(".") {
                    guard let fraction = reader.fraction() else { return nil }
                    seconds += fraction
                }
            }
            guard let offset = reader.offset() else { return nil }
            seconds -= Double(offset)
        }
        guard reader.isAtEnd else { return nil }
        secondsSince1970 = seconds
    }

    /// Days since 1970, or nil when the month has no such day. Years are counted from March, so that the leap day is the
    /// last of its year.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard (1...12).contains(month) else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[month - 1]).contains(day) else { return nil }
        let marchYear = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let leapDays = marchYear >= 0 ? marchYear / 4 - marchYear / 100 + marchYear / 400 : -1
        return marchYear * 365 + leapDays + dayOfYear - 719_468
    }

    private struct Reader {
        let text: [UInt8]
        var place = 0

        var isAtEnd: Bool { place == text.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard place < text.count, text[place] == UInt8(ascii: character) else { return false }
            place += 1
            return true
        }

        mutating func number(_ digits: Int) -> Int? {
            guard place + digits <= text.count else { return nil }
            var value = 0
            for byte in text[place..<(place + digits)] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte &- 0x30)
            }
            place += digits
            return value
        }

        mutating func fraction() -> Double? {
            var value = 0.0
            var unit = 0.1
            let start = place
            while place < text.count, (0x30...0x39).contains(text[place]), place - start < 18 {
                value += Double(text[place] &- 0x30) * unit
                unit /= 10
                place += 1
            }
            return place > start ? value : nil
        }

        /// Seconds ahead of UTC; nil when none is said, for a time of an unknown place is no moment.
        mutating func offset() -> Int? {
            if take("Z") || take("z") { return 0 }
            let isAhead = take("+")
            guard isAhead || take("-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            return (isAhead ? 1 : -1) * (hours * 3600 + minutes * 60)
        }
    }
}

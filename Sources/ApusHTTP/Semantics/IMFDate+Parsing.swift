#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The three forms of a date that a recipient has to understand (RFC 9110, 5.6.7), each exact to the byte.
///
/// ```
/// Sun, 06 Nov 1994 08:49:37 GMT       IMF-fixdate
/// Sunday, 06-Nov-94 08:49:37 GMT      RFC 850
/// Sun Nov  6 08:49:37 1994            asctime()
/// ```
extension IMFDate {
    /// The date in a field value, or nil when it has none of the three forms, names no day of the calendar, or the
    /// day of the week is wrong. A two-digit year is read as of today.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        unsafe self.init(parsing: text.utf8Span.span.bytes)
    }

    /// The date in a field value; as ``init(_:)``.
    public init?(parsing bytes: RawSpan) { self.init(parsing: bytes, now: Int64(time(nil))) }

    /// The date in a field value; as ``init(_:)``.
    ///
    /// - Parameters:
    ///   - bytes: The field's value, without spaces around it.
    ///   - now: Seconds since 1970, against which a two-digit year is read: one that lies more than 50 years ahead is
    ///     of the century before.
    public init?(parsing bytes: RawSpan, now: Int64) {
        guard bytes.byteCount >= 24 else { return nil }
        var reader = FieldReader(bytes)
        if bytes.byte(3) == .comma {
            self.init(fixdate: &reader)
        } else if bytes.byte(3) == .space {
            self.init(asctime: &reader)
        } else {
            self.init(rfc850: &reader, now: now)
        }
    }

    private init?(fixdate reader: inout FieldReader) {
        guard let weekday = reader.takeName(of: Self.weekdays), reader.take(", "),
            let day = reader.takeTwoDigits(), reader.take(.space),
            let month = reader.takeName(of: Self.months), reader.take(.space),
            let century = reader.takeTwoDigits(), let year = reader.takeTwoDigits(), reader.take(.space),
            let second = reader.takeTimeOfDay(), reader.take(" GMT"), reader.isAtEnd
        else { return nil }
        self.init(year: century * 100 + year, month: month + 1, day: day, second: second, weekday: weekday)
    }

    private init?(asctime reader: inout FieldReader) {
        guard let weekday = reader.takeName(of: Self.weekdays), reader.take(.space),
            let month = reader.takeName(of: Self.months), reader.take(.space),
            let day = reader.take(.space) ? reader.takeDigit() : reader.takeTwoDigits(), reader.take(.space),
            let second = reader.takeTimeOfDay(), reader.take(.space),
            let century = reader.takeTwoDigits(), let year = reader.takeTwoDigits(), reader.isAtEnd
        else { return nil }
        self.init(year: century * 100 + year, month: month + 1, day: day, second: second, weekday: weekday)
    }

    private init?(rfc850 reader: inout FieldReader, now: Int64) {
        guard let weekday = Self.longWeekdays.firstIndex(where: { reader.take($0) }),
            let day = reader.takeTwoDigits(), reader.take(.dash),
            let month = reader.takeName(of: Self.months), reader.take(.dash),
            let year = reader.takeTwoDigits(), reader.take(.space),
            let second = reader.takeTimeOfDay(), reader.take(" GMT"), reader.isAtEnd
        else { return nil }
        let today = CivilDate(daysSince1970: Int(now / 86_400))
        // The latest year with these digits that is not more than 50 years ahead, to the second.
        let limit = (today.year + 50, today.month, today.day, Int(now % 86_400))
        var fullYear = limit.0 / 100 * 100 + year
        if (fullYear, month + 1, day, second) > limit { fullYear -= 100 }
        self.init(year: fullYear, month: month + 1, day: day, second: second, weekday: weekday)
    }

    private init?(year: Int, month: Int, day: Int, second: Int, weekday: Int) {
        guard let date = CivilDate(year: year, month: month, day: day) else { return nil }
        let days = date.daysSince1970
        guard CivilDate.weekday(daysSince1970: days) == weekday else { return nil }
        self.init(secondsSince1970: Int64(days * 86_400 + second))
    }

    private static let longWeekdays: [StaticString] = [
        "Sunday, ", "Monday, ", "Tuesday, ", "Wednesday, ", "Thursday, ", "Friday, ", "Saturday, ",
    ]
}

extension FieldReader {
    /// `hour:minute:second` as a number of seconds; the 61st second of a minute is the first of the next.
    fileprivate mutating func takeTimeOfDay() -> Int? {
        guard let hour = takeTwoDigits(), hour < 24, take(.colon),
            let minute = takeTwoDigits(), minute < 60, take(.colon),
            let second = takeTwoDigits(), second < 60 || second == 60 && minute == 59 && hour == 23
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// The number of the three-letter name that comes next, in a table of such names.
    fileprivate mutating func takeName(of names: StaticString) -> Int? {
        guard rest >= 3 else { return nil }
        for index in stride(from: 0, to: names.utf8CodeUnitCount, by: 3)
        where (0..<3).allSatisfy({ bytes.byte(offset + $0) == names.byte(index + $0) }) {
            offset += 3
            return index / 3
        }
        return nil
    }

    fileprivate mutating func takeDigit() -> Int? {
        guard let byte = peek, byte.isDigit else { return nil }
        offset += 1
        return Int(byte &- 0x30)
    }

    fileprivate mutating func takeTwoDigits() -> Int? {
        guard let tens = takeDigit(), let units = takeDigit() else { return nil }
        return tens * 10 + units
    }
}

/// A day of the Gregorian calendar, carried back before its introduction as ISO 8601 does.
struct CivilDate: Equatable {
    var year: Int
    /// 1 ... 12
    var month: Int
    /// 1 ... 31
    var day: Int

    /// Days from 1 March of the year 0 to 1 January 1970. Years that begin in March end with the leap day, which
    /// keeps it out of every other sum.
    private static let epoch = 719_468
    private static let daysIn400Years = 146_097

    /// The date `days` days after 1 January 1970; from the year 0 on.
    init(daysSince1970 days: Int) {
        let sinceEpoch = days + Self.epoch
        let era = (sinceEpoch >= 0 ? sinceEpoch : sinceEpoch - (Self.daysIn400Years - 1)) / Self.daysIn400Years
        let dayOfEra = sinceEpoch - era * Self.daysIn400Years
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Months from March on, whose lengths repeat every five: 153 days.
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// The date, or nil when the month has no such day.
    init?(year: Int, month: Int, day: Int) {
        guard 1...12 ~= month, day >= 1, day <= Self.days(inMonth: month, of: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days since 1 January 1970.
    var daysSince1970: Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = 365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysIn400Years + dayOfEra - Self.epoch
    }

    /// 0 for Sunday, and so on.
    static func weekday(daysSince1970 days: Int) -> Int { ((days % 7) + 11) % 7 }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

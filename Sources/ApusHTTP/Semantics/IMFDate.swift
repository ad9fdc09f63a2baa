public import ApusRuntime

/// A moment to the second, as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
///
/// ```swift
/// let date = IMFDate(secondsSince1970: 784_111_777)
/// assert(date.description == "Sun, 06 Nov 1994 08:49:37 GMT")
/// assert(IMFDate("Sunday, 06-Nov-94 08:49:37 GMT") == date)
/// ```
@frozen public struct IMFDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Seconds since 1 January 1970, 00:00 UTC, without leap seconds; within the years 0 to 9999.
    public let secondsSince1970: Int64

    /// The number of bytes that a date is written in.
    public static let byteCount = 29

    /// The moment so many seconds after 1 January 1970, 00:00 UTC. What lies outside the years 0 to 9999, which the
    /// format cannot write, becomes the nearest moment within.
    public init(secondsSince1970 seconds: Int64) {
        secondsSince1970 = min(max(seconds, -62_167_219_200), 253_402_300_799)
    }

    /// The earlier first.
    public static func < (left: Self, right: Self) -> Bool { left.secondsSince1970 < right.secondsSince1970 }

    /// The date as an IMF-fixdate: 29 bytes of ASCII.
    public var bytes: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { room, count in
            for index in 0..<Self.byteCount { unsafe room.initializeElement(at: index, to: 0) }
            var span = unsafe room.mutableSpan
            write(into: &span)
            count = Self.byteCount
        }
    }

    /// The date as an IMF-fixdate.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Appends the date as an IMF-fixdate.
    /// - Precondition: 29 bytes are available.
    public func append(to buffer: inout Buffer) {
        unsafe buffer.withUnsafeAvailable { room in
            let bytes = unsafe room.assumingMemoryBound(to: UInt8.self)
            var span = unsafe bytes.mutableSpan
            write(into: &span)
            return Self.byteCount
        }
    }

    /// Writes the date as an IMF-fixdate over the first 29 bytes of `span`.
    /// - Precondition: `span.count >= 29`.
    public func write(into span: inout MutableSpan<UInt8>) {
        precondition(span.count >= Self.byteCount, "a date takes 29 bytes: make room for them")
        let days = Int((secondsSince1970 >= 0 ? secondsSince1970 : secondsSince1970 - 86_399) / 86_400)
        let second = Int(secondsSince1970) - days * 86_400
        let date = CivilDate(daysSince1970: days)
        put(Self.weekdays, CivilDate.weekday(daysSince1970: days), at: 0, &span)
        put(", ", at: 3, &span)
        put(date.day, at: 5, &span)
        span[7] = .space
        put(Self.months, date.month - 1, at: 8, &span)
        span[11] = .space
        put(date.year / 100, at: 12, &span)
        put(date.year % 100, at: 14, &span)
        span[16] = .space
        put(second / 3600, at: 17, &span)
        span[19] = .colon
        put(second / 60 % 60, at: 20, &span)
        span[22] = .colon
        put(second % 60, at: 23, &span)
        put(" GMT", at: 25, &span)
    }

    static let weekdays: StaticString = "SunMonTueWedThuFriSat"
    static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// The name with number `index` of a table of three-letter names.
    private func put(_ names: StaticString, _ index: Int, at place: Int, _ span: inout MutableSpan<UInt8>) {
        for letter in 0..<3 { span[place + letter] = names.byte(index * 3 + letter) }
    }

    private func put(_ text: StaticString, at place: Int, _ span: inout MutableSpan<UInt8>) {
        for index in 0..<text.utf8CodeUnitCount { span[place + index] = text.byte(index) }
    }

    /// A number of two digits.
    private func put(_ number: Int, at place: Int, _ span: inout MutableSpan<UInt8>) {
        span[place] = 0x30 + UInt8(truncatingIfNeeded: number / 10)
        span[place + 1] = 0x30 + UInt8(truncatingIfNeeded: number % 10)
    }
}

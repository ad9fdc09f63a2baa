#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Times of certificates: seconds since 1970, UTC.
enum TLSTime {
    /// Now, by the clock that an administrator sets.
    static var now: Int64 { Int64(time(nil)) }

    /// `2026-11-21 07:00:00 UTC`.
    static func text(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe gmtime_r(&time, &parts) != nil else { return "\(seconds) s since 1970" }
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
    }
}

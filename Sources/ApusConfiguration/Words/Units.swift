/// Times as people write them: `30s`, `500ms`, `1m30s`, `1.5h`.
package enum TimeText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]

    /// The time that a text means; nil when it means none, or more than 292 years.
    package static func duration(_ text: String) -> Duration? {
        var rest = text[...]
        var nanoseconds: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(name.count)
            guard let unit = units.first(where: { $0.name == name }), let part = scaled(digits, by: unit.nanoseconds)
            else { return nil }
            let (sum, isOver) = nanoseconds.addingReportingOverflow(part)
            guard !isOver else { return nil }
            nanoseconds = sum
        }
        return .nanoseconds(nanoseconds)
    }

    /// The shortest text that means the time, in whole units; whole nanoseconds.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var parts = ""
        var left = seconds
        for (name, length) in [("d", Int64(86400)), ("h", 3600), ("m", 60), ("s", 1)] where left / length > 0 {
            // As people say: 120s is 2m, but 90s is 90s.
            if name != "s", left % length != 0, left < length * 10 { continue }
            parts += "\(left / length)\(name)"
            left %= length
        }
        let nanoseconds = attoseconds / 1_000_000_000
        if nanoseconds > 0 {
            if nanoseconds % 1_000_000 == 0 {
                parts += "\(nanoseconds / 1_000_000)ms"
            } else if nanoseconds % 1000 == 0 {
                parts += "\(nanoseconds / 1000)us"
            } else {
                parts += "\(nanoseconds)ns"
            }
        }
        return parts.isEmpty ? "0s" : parts
    }
}

/// Sizes as people write them: `64KiB`, `1.5MiB`, `10MB`.
package enum ByteSize {
    private static let units: [(name: String, bytes: Int64)] = [
        ("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("kB", 1000),
        ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ]

    /// The bytes that a text means; nil when it means none, a fraction of one, or 8 EiB and more.
    package static func bytes(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let name = text.dropFirst(digits.count).drop { $0 == " " }
        guard let unit = units.first(where: { $0.name == name }), let bytes = scaled(digits, by: unit.bytes)
        else { return nil }
        return UInt64(bytes)
    }

    /// The shortest text that means exactly so many bytes.
    package static func text(_ bytes: UInt64) -> String {
        for (name, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] as [(String, UInt64)]
        where bytes >= 1 << shift && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(name)"
        }
        return "\(bytes)B"
    }
}

/// Decimal digits, perhaps with a point, times a unit; nil when that is no whole number, or too large.
private func scaled(_ digits: Substring, by unit: Int64) -> Int64? {
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = parts.first, !first.isEmpty, let whole = Int(first) else { return nil }
    let (product, isOver) = Int64(whole).multipliedReportingOverflow(by: unit)
    guard !isOver else { return nil }
    guard parts.count == 2 else { return product }
    guard !parts[1].isEmpty, parts[1].count <= 6, let fraction = Int(parts[1]) else { return nil }
    let scale = (0..<parts[1].count).reduce(Int64(1)) { scale, _ in scale * 10 }
    let (numerator, isLarge) = Int64(fraction).multipliedReportingOverflow(by: unit)
    guard !isLarge, numerator % scale == 0 else { return nil }
    let (sum, isSumOver) = product.addingReportingOverflow(numerator / scale)
    return isSumOver ? nil : sum
}

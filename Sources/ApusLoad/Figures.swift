/// Numbers as people read them.
package enum Figures {
    /// `1,234,567`
    package static func grouped(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// A number with so many decimals, rounded: `3.14`.
    package static func decimal(_ number: Double, _ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let whole = Int((number.magnitude * Double(scale)).rounded())
        let fraction = String(whole % scale)
        let sign = number < 0 && whole > 0 ? "-" : ""
        let zeros = String(repeating: "0", count: max(0, places - fraction.count))
        return "\(sign)\(grouped(whole / scale))" + (places > 0 ? ".\(zeros)\(fraction)" : "")
    }

    /// A duration with the unit that suits it, three digits or a little more: `87.5 µs`, `1.25 ms`, `10.0 s`.
    package static func time(_ duration: Duration) -> String {
        let microseconds = duration / .microseconds(1)
        return switch microseconds {
        case ..<100: decimal(microseconds, 1) + " µs"
        case ..<1000: decimal(microseconds, 0) + " µs"
        case ..<100_000: decimal(microseconds / 1e3, 2) + " ms"
        case ..<1_000_000: decimal(microseconds / 1e3, 0) + " ms"
        default: decimal(microseconds / 1e6, 2) + " s"
        }
    }

    /// Bytes by powers of 1000: `12.50 kB`, `3.00 GB`.
    package static func bytes(_ count: Double) -> String {
        switch count {
        case ..<1e6: decimal(count / 1e3, 2) + " kB"
        case ..<1e9: decimal(count / 1e6, 2) + " MB"
        default: decimal(count / 1e9, 2) + " GB"
        }
    }

    package static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

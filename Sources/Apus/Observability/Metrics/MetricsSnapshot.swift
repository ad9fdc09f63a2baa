public import ApusRuntime

/// The numbers of a program at one moment: plain values, to show, to send, or to write as text (``text(_:)``).
public struct MetricsSnapshot: Sendable {
    /// The families in the order in which they were added first.
    public private(set) var families: [MetricFamily] = []
    private var places: [String: Int] = [:]

    /// A snapshot of nothing.
    public init() {}

    /// Adds a number to a family, which is made when it is not there.
    ///
    /// A series that is there already (the same family and labels) grows: numbers are added up, histograms merged. A
    /// family is what it was made as: a number of another kind under its name is left out.
    ///
    /// - Parameters:
    ///   - value: The number, or the histogram.
    ///   - description: The family.
    ///   - labels: What tells the series from its siblings.
    public mutating func add(_ value: MetricValue, to description: MetricDescription, _ labels: [MetricLabel] = []) {
        let place: Int
        if let found = places[description.name] {
            guard families[found].description.kind == description.kind else { return }
            place = found
        } else {
            place = families.count
            places[description.name] = place
            families.append(MetricFamily(description: description))
        }
        families[place].add(value, labels)
    }

    /// The family of this name, without the ending `_total`; nil when there is none.
    public subscript(name: String) -> MetricFamily? { places[name].map { families[$0] } }

    /// Adds all that another snapshot holds.
    public mutating func merge(_ other: MetricsSnapshot) {
        for family in other.families {
            for series in family.series { add(series.value, to: family.description, series.labels) }
        }
    }
}

/// What a family of numbers is: its name, its kind, and a sentence on it.
public struct MetricDescription: Sendable, Hashable {
    /// What can be done with a number.
    public enum Kind: Sendable, Hashable {
        /// It only grows, from 0 at the start.
        case counter
        /// It goes up and down.
        case gauge
        /// It is a distribution of durations.
        case histogram
    }

    /// The name, without `_total`.
    public let name: String
    /// The kind.
    public let kind: Kind
    /// A sentence on what is counted, and in which unit.
    public let help: String
    /// The unit that the name ends with, as `seconds`; nil for a plain number.
    public let unit: String?
    /// The bounds of a histogram's buckets.
    public let bounds: [Duration]

    /// The units that a name may end with (OpenMetrics 1.0: base units).
    private static let units: Set<Substring> = ["seconds", "bytes", "ratio", "celsius", "meters", "volts", "amperes"]

    /// A family. What a name may not hold becomes an underscore; a counter's `_total` is left out.
    ///
    /// - Parameters:
    ///   - name: The name, with the unit at its end, as `upload_bytes`.
    ///   - kind: The kind.
    ///   - help: A sentence on what is counted.
    ///   - bounds: The bounds of a histogram's buckets, ascending.
    public init(_ name: String, _ kind: Kind, help: String, bounds: [Duration] = MetricDescription.usualBounds) {
        var name = MetricLabel.safeName(name, allowsColon: true)
        if kind == .counter, name.hasSuffix("_total") { name.removeLast(6) }
        self.name = name
        self.kind = kind
        self.help = help
        self.bounds = kind == .histogram ? bounds : []
        let last = name.split(separator: "_").last ?? ""
        unit = Self.units.contains(last) ? String(last) : nil
    }

    /// From 100 µs to 10 s, about three to a factor of ten: what answers of servers take.
    public static let usualBounds: [Duration] = [
        .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1), .microseconds(2500),
        .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
        .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2500), .seconds(5), .seconds(10),
    ]
}

/// A family of numbers and its series.
public struct MetricFamily: Sendable {
    /// What it is.
    public let description: MetricDescription
    /// The numbers, one for each set of labels.
    public private(set) var series: [MetricSeries] = []
    private var places: [[MetricLabel]: Int] = [:]

    init(description: MetricDescription) { self.description = description }

    mutating func add(_ value: MetricValue, _ labels: [MetricLabel]) {
        if let place = places[labels] { return series[place].value.add(value) }
        places[labels] = series.count
        series.append(MetricSeries(labels: labels, value: value))
    }

    /// The number of the series with exactly these labels, in any order; nil when there is none, or it is a histogram.
    public func number(_ labels: KeyValuePairs<String, String> = [:]) -> Double? {
        guard case .number(let number)? = value(labels) else { return nil }
        return number
    }

    /// The histogram of the series with exactly these labels, in any order; nil when there is none, or it is a number.
    public func histogram(_ labels: KeyValuePairs<String, String> = [:]) -> HistogramSnapshot? {
        guard case .histogram(let histogram)? = value(labels) else { return nil }
        return histogram
    }

    private func value(_ labels: KeyValuePairs<String, String>) -> MetricValue? {
        let wanted = Set(labels.map { MetricLabel($0.key, $0.value) })
        return series.first { Set($0.labels) == wanted }?.value
    }
}

/// One number of a family.
public struct MetricSeries: Sendable {
    /// What tells it from its siblings.
    public let labels: [MetricLabel]
    /// The number.
    public internal(set) var value: MetricValue
}

/// A number, or a distribution.
public enum MetricValue: Sendable {
    /// A count, or what a gauge shows.
    case number(Double)
    /// Durations.
    case histogram(HistogramSnapshot)

    /// A whole number.
    static func count(_ count: Int) -> MetricValue { .number(Double(count)) }

    mutating func add(_ other: MetricValue) {
        switch (self, other) {
        case (.number(let one), .number(let two)): self = .number(one + two)
        case (.histogram(var one), .histogram(let two)):
            one.merge(two)
            self = .histogram(one)
        default: break
        }
    }
}

/// A name and a value that tell one number of a family from another.
public struct MetricLabel: Sendable, Hashable {
    /// The name: letters, digits and underscores.
    public let name: String
    /// The value: any text.
    public let value: String

    /// A label. What a name may not hold becomes an underscore; `le` belongs to histograms and becomes `le_`.
    public init(_ name: String, _ value: String) {
        let safe = Self.safeName(name, allowsColon: false)
        self.name = safe == "le" ? "le_" : safe
        self.value = value
    }

    static func safeName(_ name: String, allowsColon: Bool) -> String {
        var safe: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                safe.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if safe.isEmpty { safe.append(UInt8(ascii: "_")) }
                safe.append(byte)
            case UInt8(ascii: ":") where allowsColon: safe.append(byte)
            default: safe.append(UInt8(ascii: "_"))
            }
        }
        return safe.isEmpty ? "_" : String(decoding: safe, as: UTF8.self)
    }
}

import ApusHTTP
import ApusRuntime

/// The forms in which metrics are shown.
public enum MetricsFormat: Sendable, Hashable {
    /// Prometheus' text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    /// The form that a client prefers by its field Accept: OpenMetrics only when it asks for it.
    init(accept: String?) {
        let first = "application/openmetrics-text; version=1.0.0"
        self = Accept(accept).prefers(first, to: "text/plain; version=0.0.4") ? .openMetrics : .prometheus
    }

    /// The media type of the text.
    public var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

extension MetricsSnapshot {
    /// The numbers as text, for a collector. A histogram's buckets are those of its description; they are read from one
    /// that is far finer, and are exact to 1 %, as its sum is.
    ///
    /// - Parameter format: The form of the text.
    public func text(_ format: MetricsFormat = .prometheus) -> String {
        var writer = MetricsWriter(format: format)
        for family in families { writer.write(family) }
        if format == .openMetrics { writer.text += "# EOF\n" }
        return writer.text
    }
}

/// Writes families as text.
private struct MetricsWriter {
    let format: MetricsFormat
    var text = ""

    mutating func write(_ family: MetricFamily) {
        let description = family.description
        let name = description.name
        // In 0.0.4 a counter's whole name is that of its samples; in OpenMetrics the samples add `_total`.
        let sample = description.kind == .counter ? name + "_total" : name
        let declared = format == .openMetrics ? name : sample
        text += "# HELP \(declared) \(escaped(description.help, quotes: format == .openMetrics))\n"
        text += "# TYPE \(declared) \(kind(description.kind))\n"
        if format == .openMetrics, let unit = description.unit { text += "# UNIT \(declared) \(unit)\n" }
        for series in family.series {
            let labels = series.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
                .joined(separator: ",")
            switch series.value {
            case .number(let value): write(sample, labels, number(value))
            case .histogram(let histogram): write(histogram, description, labels)
            }
        }
    }

    private mutating func write(_ histogram: HistogramSnapshot, _ description: MetricDescription, _ labels: String) {
        let before = labels.isEmpty ? "" : labels + ","
        for bound in description.bounds {
            let seconds = number(bound / .seconds(1))
            write("\(description.name)_bucket", "\(before)le=\"\(seconds)\"", "\(histogram.count(upTo: bound))")
        }
        write("\(description.name)_bucket", "\(before)le=\"+Inf\"", "\(histogram.count)")
        write("\(description.name)_sum", labels, number(histogram.growingTotal / .seconds(1)))
        write("\(description.name)_count", labels, "\(histogram.count)")
    }

    private mutating func write(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    private func kind(_ kind: MetricDescription.Kind) -> StaticString {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    private func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
        return "\(value)"
    }

    private func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 92 || $0 == 10 || $0 == 34 }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

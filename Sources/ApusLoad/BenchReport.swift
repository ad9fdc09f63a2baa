import ApusRuntime

/// What a run has measured.
package struct BenchReport {
    let options: BenchOptions
    let loops: Int
    let tally: LoadTally
    /// From the start until sending ended, or until the last answer when that came later.
    let elapsed: Duration
    /// What the load generator itself used.
    let processorTime: Duration
    let wasInterrupted: Bool

    static let percentiles: [(name: String, percent: Double)] = [
        ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99),
    ]

    var seconds: Double { elapsed / .seconds(1) }
    var answersPerSecond: Double { seconds > 0 ? Double(tally.answers) / seconds : 0 }
    var bytesPerSecond: Double { seconds > 0 ? Double(tally.bytesReceived) / seconds : 0 }
    var failures: Int { tally.failures.values.reduce(0, +) }
    var protocolName: String { options.http2 ? "HTTP/2" : "HTTP/1.1" }
    /// Answers by status, lowest first.
    var statuses: [(status: String, count: Int)] {
        let others = tally.others.sorted { $0.key < $1.key }.map { (String($0.key), $0.value) }
        return tally.successes > 0 ? [("2xx", tally.successes)] + others : others
    }

    /// The whole report, ending in a newline.
    package var text: String {
        var lines = [
            "\(options.method) \(options.url.text)",
            heading, "",
            row("answers", Figures.grouped(tally.answers), Figures.decimal(answersPerSecond, 0) + "/s"),
            row("received", Figures.bytes(Double(tally.bytesReceived)), Figures.bytes(bytesPerSecond) + "/s"),
        ]
        for (status, count) in statuses where statuses.count > 1 || status != "2xx" {
            lines.append(row("  " + status, Figures.grouped(count)))
        }
        if failures > 0 {
            lines.append(row("failed", Figures.grouped(failures)))
            for (failure, count) in tally.failures.sorted(by: { $0.value > $1.value }) {
                lines.append(row("  \(failure.rawValue)", Figures.grouped(count)))
            }
        }
        lines += ["", options.rate == nil ? "latency" : "latency, from when each request was due"]
        for (name, percent) in Self.percentiles {
            lines.append(row("  " + name, Figures.time(tally.latencies.percentile(percent))))
        }
        lines.append(row("  max", Figures.time(tally.latencies.max)))
        lines.append(row("  mean", Figures.time(tally.latencies.mean)))
        return (lines + notes).joined(separator: "\n") + "\n"
    }

    private var heading: String {
        var parts = [
            "\(options.connections) connections",
            options.http2 ? "streams \(options.streams)" : "pipeline \(options.pipeline)",
            "\(loops) loop\(loops == 1 ? "" : "s")",
            "\(Figures.decimal(seconds, 2)) s",
        ]
        if options.http2 ? options.streams == 1 : options.pipeline == 1 { parts.remove(at: 1) }
        if let rate = options.rate { parts.append("\(Figures.grouped(rate))/s wanted") }
        parts.append(protocolName)
        if let tls = tally.tls { parts.append(tls.version) }
        return parts.joined(separator: ", ")
    }

    private func row(_ name: String, _ figures: String...) -> String {
        let padded = name + String(repeating: " ", count: max(1, 24 - name.count))
        return padded + figures.map { Figures.padded($0, 14) }.joined()
    }

    /// What a reader must know before believing the figures.
    private var notes: [String] {
        var notes: [String] = []
        if wasInterrupted { notes.append("Interrupted: this is what was measured until then.") }
        if tally.unsent > 0 {
            notes.append(
                "\(Figures.grouped(tally.unsent)) requests were due at the end and no connection had room for them; they "
                    + "count with the time they had waited. More connections would help, or the server can't keep up.")
        }
        if let limit = tally.streamLimit, limit < options.streams {
            notes.append("The server takes \(limit) streams at once on a connection: no more than that were open.")
        }
        let busy = seconds > 0 ? processorTime / elapsed / Double(loops) : 0
        if busy > 0.95, options.rate != nil || tally.answers > 0 {
            notes.append(
                "The load generator was busy \(Figures.decimal(busy * 100, 0)) % of the time: the server may be faster "
                    + "than this; use more loops, or another machine.")
        }
        return notes.isEmpty ? [] : [""] + notes
    }
}

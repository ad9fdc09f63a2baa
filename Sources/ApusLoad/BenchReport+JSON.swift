import ApusRuntime

extension BenchReport {
    /// The report as `--json` prints it. Names are stable; times are in the unit that the name says.
    package struct Document: Encodable {
        var url: String
        var method: String
        var connections: Int
        var pipeline: Int
        /// `HTTP/1.1` or `HTTP/2`.
        var `protocol`: String
        /// Streams open at once on each connection; absent with HTTP/1.1.
        var streams: Int?
        /// As `TLSv1.3`; absent without TLS.
        var tlsVersion: String?
        /// As `TLS_AES_128_GCM_SHA256`; absent without TLS.
        var tlsCipher: String?
        var loops: Int
        /// Requests a second that were wanted; absent without `--rate`.
        var rate: Int?
        var seconds: Double
        var sent: Int
        var answers: Int
        var answersPerSecond: Double
        var bytesReceived: Int
        var bytesPerSecond: Double
        /// `2xx`, and each other status.
        var statuses: [String: Int]
        /// By kind.
        var failures: [String: Int]
        var timeouts: Int
        /// Due when the run ended, and not sent; counted in the latencies with their age.
        var unsent: Int
        var connectionsMade: Int
        var latencyMicroseconds: [String: Double]
        var generatorProcessorSeconds: Double
        var interrupted: Bool
    }

    package var json: Document {
        var latencies = [
            "min": tally.latencies.min / .microseconds(1), "max": tally.latencies.max / .microseconds(1),
            "mean": tally.latencies.mean / .microseconds(1),
        ]
        for (name, percent) in Self.percentiles {
            latencies[name] = tally.latencies.percentile(percent) / .microseconds(1)
        }
        return Document(
            url: options.url.text, method: options.method, connections: options.connections,
            pipeline: options.pipeline, protocol: protocolName, streams: options.http2 ? options.streams : nil,
            tlsVersion: tally.tls?.version, tlsCipher: tally.tls?.cipher, loops: loops, rate: options.rate,
            seconds: seconds, sent: tally.sent, answers: tally.answers, answersPerSecond: answersPerSecond,
            bytesReceived: tally.bytesReceived, bytesPerSecond: bytesPerSecond,
            statuses: Dictionary(uniqueKeysWithValues: statuses.map { ($0.status, $0.count) }),
            failures: Dictionary(uniqueKeysWithValues: tally.failures.map { ($0.key.rawValue, $0.value) }),
            timeouts: tally.failures[.timedOut] ?? 0, unsent: tally.unsent, connectionsMade: tally.connected,
            latencyMicroseconds: latencies, generatorProcessorSeconds: processorTime / .seconds(1),
            interrupted: wasInterrupted)
    }
}

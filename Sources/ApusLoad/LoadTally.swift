import ApusRuntime

/// What a run, or one loop's part of it, has counted.
package struct LoadTally: Sendable {
    /// Requests sent.
    var sent = 0
    /// Answers, whatever their status.
    var answers = 0
    /// Answers that are not 2xx, by status.
    var others: [Int: Int] = [:]
    var bytesReceived = 0
    var failures: [LoadFailure: Int] = [:]
    /// Connections that were made.
    var connected = 0
    /// Requests that were due when the run ended, and that no connection was free to send.
    var unsent = 0
    /// What was agreed on with the server; nil without TLS.
    var tls: LoadTLS?
    /// The fewest streams that the server takes at once; nil when it has not said, or speaks HTTP/1.1.
    var streamLimit: Int?
    /// How long answers took.
    var latencies = HistogramSnapshot()
    /// When the last answer came, in nanoseconds of the monotonic clock; 0 before there was one.
    var lastAnswer: UInt64 = 0

    /// Answers with a status of 2xx.
    var successes: Int { answers - others.values.reduce(0, +) }

    mutating func merge(_ other: LoadTally) {
        sent += other.sent
        answers += other.answers
        others.merge(other.others, uniquingKeysWith: +)
        bytesReceived += other.bytesReceived
        failures.merge(other.failures, uniquingKeysWith: +)
        connected += other.connected
        unsent += other.unsent
        tls = tls ?? other.tls
        streamLimit = [streamLimit, other.streamLimit].compactMap(\.self).min()
        latencies.merge(other.latencies)
        lastAnswer = max(lastAnswer, other.lastAnswer)
    }
}

/// TLS as it was agreed on.
struct LoadTLS: Sendable, Hashable {
    /// As `TLSv1.3`.
    let version: String
    /// In OpenSSL's words.
    let cipher: String
}

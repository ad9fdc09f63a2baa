import ApusHTTP
import ApusRuntime

/// What the worker that has the dashboard asks its siblings, so that the page shows the service and not one process of it.
///
/// One worker has the admin listener. While somebody looks, and only then, it sends each question to the master as a
/// ``WorkerParcel``; the master passes it on to the other workers and brings back what they say. Each worker sees to a
/// question on a loop of its own (``WorkerReporter``, made at the first one), so that one whose loops are all held answers
/// too, and says which. Who has asked joins the answers with what it has itself: numbers are added up, histograms merged
/// and percentiles read from what comes of that, and rows of loops, connections, requests and events say whose they are.
/// Nobody is waited for longer than a part of a second: a worker that has not answered by then is shown as missing.
/// Everything is bounded: the length of questions and answers, how many a worker may owe, and what the master keeps for one
/// that does not read. A process that is replaced has a successor with other connections, so whatever names one names the
/// process too.
enum WorkerQuestion: Codable, Sendable {
    /// The figures of the time since they were asked for last, and the news behind the numbers given by process.
    case report(seen: [Int: Int])
    /// All that is known of a pool.
    case pool(String)
    /// Which connections come first.
    case choose(ConnectionQuery)
    /// What there is to say of these.
    case describe([ConnectionChoice.Candidate])
    /// Have a connection end.
    case close(ConnectionName, abruptly: Bool)
    /// What has happened in the pools behind the numbers given by process.
    case poolEvents(seen: [Int: Int])
    /// The metrics, for a collector.
    case metrics
}

/// Which worker, and which process of it.
struct WorkerName: Codable, Equatable, Sendable, CustomStringConvertible {
    /// From 1.
    var number: Int
    var pid: Int

    var description: String { "\(number).\(pid)" }
}

/// A histogram on its way between processes, in few letters.
struct PackedHistogram: Codable, Sendable {
    var snapshot: HistogramSnapshot

    init(_ snapshot: HistogramSnapshot) { self.snapshot = snapshot }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let bytes = Base64.decode(Array(text.utf8)), let snapshot = HistogramSnapshot(bytes: bytes) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is no histogram")
        }
        self.snapshot = snapshot
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Base64.encode(snapshot.bytes))
    }
}

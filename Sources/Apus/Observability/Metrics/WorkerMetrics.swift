import ApusRuntime

/// The metrics of all workers at one address.
///
/// A collector connects to whichever worker the kernel chooses, so each answers for all: it asks the others as the dashboard
/// does (``WorkerQuestion``). The series of each have the label `worker`, and are not added up: a worker that is replaced
/// begins at 0, which a collector sees of its own series, and would take for more than there was in a sum that shrinks.
/// `apus_worker_up` is 0 for a worker that has not answered in time, whose series are missing then.
struct WorkerMetrics: Codable, Sendable {
    private struct Series: Codable, Sendable {
        var names: [String]
        var values: [String]
        /// As text, for it may be no number.
        var number: String?
        var histogram: PackedHistogram?
    }

    private struct Family: Codable, Sendable {
        var name: String
        var kind: String
        var help: String
        /// In nanoseconds.
        var bounds: [Double]
        var series: [Series]
    }

    private var families: [Family]

    init(_ snapshot: MetricsSnapshot) {
        families = snapshot.families.map { family in
            let description = family.description
            return Family(
                name: description.name, kind: Self.kinds.first { $0.value == description.kind }?.key ?? "",
                help: description.help,
                bounds: description.bounds.map { $0 / .nanoseconds(1) },
                series: family.series.map { series in
                    var one = Series(names: series.labels.map(\.name), values: series.labels.map(\.value))
                    switch series.value {
                    case .number(let number): one.number = "\(number)"
                    case .histogram(let histogram): one.histogram = PackedHistogram(histogram)
                    }
                    return one
                })
        }
    }

    /// What it was made of; what is none is left out.
    var snapshot: MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        for family in families {
            guard let kind = Self.kinds.first(where: { $0.key == family.kind })?.value else { continue }
            let description = MetricDescription(
                family.name, kind, help: family.help, bounds: family.bounds.map { .nanoseconds(1) * $0 })
            for one in family.series {
                let labels = zip(one.names, one.values).map { MetricLabel($0, $1) }
                if let number = one.number.flatMap(Double.init) {
                    snapshot.add(.number(number), to: description, labels)
                } else if let histogram = one.histogram {
                    snapshot.add(.histogram(histogram.snapshot), to: description, labels)
                }
            }
        }
        return snapshot
    }

    private static let kinds: KeyValuePairs<String, MetricDescription.Kind> = [
        "counter": .counter, "gauge": .gauge, "histogram": .histogram,
    ]
    private static let up = MetricDescription(
        "apus_worker_up", .gauge, help: "Whether a worker has answered, and its series are here: 1 or 0.")

    /// The snapshots of workers side by side.
    ///
    /// - Parameters:
    ///   - parts: The workers by number, with what they have.
    ///   - missing: Those that have not answered.
    static func joined(_ parts: [(worker: Int, snapshot: MetricsSnapshot)], missing: [Int]) -> MetricsSnapshot {
        var all = MetricsSnapshot()
        for (worker, snapshot) in parts {
            let label = MetricLabel("worker", "\(worker)")
            for family in snapshot.families {
                for series in family.series {
                    // The program's own label of that name gives way, as one does to a collector's.
                    let labels = series.labels.map {
                        $0.name == "worker" ? MetricLabel("exported_worker", $0.value) : $0
                    }
                    all.add(series.value, to: family.description, labels + [label])
                }
            }
        }
        let ups = parts.map { ($0.worker, 1) } + missing.map { ($0, 0) }
        for (worker, isUp) in ups.ordered(by: { $0.0 < $1.0 }) {
            all.add(.count(isUp), to: up, [MetricLabel("worker", "\(worker)")])
        }
        return all
    }
}

extension WorkerLink {
    private static let metricsPatience = Duration.milliseconds(500)

    /// The metrics of this worker, and those of the others.
    ///
    /// - Parameters:
    ///   - snapshot: What this worker has.
    ///   - own: The loop that is on.
    func joined(_ snapshot: MetricsSnapshot, from own: EventLoop) async -> MetricsSnapshot {
        let answers = await ask(.metrics, from: own, within: Self.metricsPatience)
        let (mine, missing) = (worker, answers.missing)
        let joined = try? await offload {
            var parts = [(worker: mine, snapshot: snapshot)]
            var silent = missing
            for (worker, content) in answers.contents {
                if let theirs = try? JSONCoding.decode(WorkerMetrics.self, from: content) {
                    parts.append((worker, theirs.snapshot))
                } else {
                    silent.append(worker)
                }
            }
            return WorkerMetrics.joined(parts.ordered { $0.worker < $1.worker }, missing: silent)
        }
        return joined ?? WorkerMetrics.joined([(mine, snapshot)], missing: siblings)
    }
}

extension RunningServer {
    /// What this process shows of its metrics, without those of other workers; nothing when it shows none.
    func ownMetrics() async -> MetricsSnapshot {
        guard let metrics = shownMetrics else { return MetricsSnapshot() }
        await board.refresh(within: .milliseconds(50))
        return metrics.wholeSnapshot()
    }
}

extension Metrics {
    /// Its numbers, those of the process, and those of whatever does not know an application.
    func wholeSnapshot() -> MetricsSnapshot {
        var snapshot = snapshot()
        snapshot.merge(Metrics.shared.snapshot())
        snapshot.addProcess()
        return snapshot
    }
}

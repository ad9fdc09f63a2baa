public import ApusRuntime

/// The numbers of a program, by name and labels: made once, then changed by whoever holds them, and read without
/// stopping anybody.
///
/// ```swift
/// let uploads = app.metrics.counter("uploads_total", help: "Files that were uploaded.")
/// app.post("/upload") { context async throws in
///     let file = try await context.body.collect()
///     uploads.add()
///     return "\(file.count) bytes"
/// }
/// app.serveMetrics()
/// ```
///
/// Asked for the same name and labels again, it gives the same number. One name has one kind: to ask for it as
/// another is a mistake in the program, and ends it with a message. Any thread may use it.
public final class Metrics: Sendable {
    /// The numbers of whatever does not know an application, such as a library: every application shows them with its own.
    public static let shared = Metrics()

    private enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(SharedHistogram)
        case reading(@Sendable () -> Double)
        case shown(Lock<Double>)

        var value: MetricValue {
            switch self {
            case .counter(let counter): .count(counter.value)
            case .gauge(let gauge): .count(gauge.value)
            case .histogram(let histogram): .histogram(histogram.snapshot())
            case .reading(let read): .number(read())
            case .shown(let number): .number(number.withLock { $0 })
            }
        }
    }

    private struct Family: Sendable {
        let description: MetricDescription
        var series: [(labels: [MetricLabel], instrument: Instrument)] = []
        var places: [[MetricLabel]: Int] = [:]
    }

    private struct State: Sendable {
        var families: [Family] = []
        var places: [String: Int] = [:]
        var sources: [(id: Int, collect: @Sendable (inout MetricsSnapshot) -> Void)] = []
        var nextSource = 0
    }

    private let state = Lock(State())

    /// No numbers yet.
    public init() {}

    /// A number that only grows.
    ///
    /// - Parameters:
    ///   - name: The name, with the unit at its end, as `upload_bytes_total`; `_total` is added when it is missing.
    ///   - help: A sentence on what is counted.
    ///   - labels: What tells it from others of the name.
    public func counter(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Counter {
        counter(name, help: help, pairs: labels.map { ($0.key, $0.value) })
    }

    func counter(_ name: String, help: String, pairs: [(String, String)]) -> Counter {
        let instrument = find(MetricDescription(name, .counter, help: help), pairs) { .counter(Counter()) }
        guard case .counter(let counter) = instrument else { Self.wrongKind(name) }
        return counter
    }

    /// A whole number that goes up and down.
    ///
    /// - Parameters:
    ///   - name: The name, with the unit at its end.
    ///   - help: A sentence on what it shows.
    ///   - labels: What tells it from others of the name.
    public func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        let pairs = labels.map { ($0.key, $0.value) }
        let instrument = find(MetricDescription(name, .gauge, help: help), pairs) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = instrument else { Self.wrongKind(name) }
        return gauge
    }

    /// A number that is asked for when the metrics are read.
    ///
    /// - Parameters:
    ///   - name: The name, with the unit at its end.
    ///   - help: A sentence on what it shows.
    ///   - labels: What tells it from others of the name.
    ///   - read: Gives the number, on any thread and at once: who reads metrics waits for it.
    public func gauge(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        let pairs = labels.map { ($0.key, $0.value) }
        _ = find(MetricDescription(name, .gauge, help: help), pairs) { .reading(read) }
    }

    /// A number that goes up and down and is no whole one. It stands in a lock.
    func shown(_ name: String, pairs: [(String, String)]) -> Lock<Double> {
        let instrument = find(MetricDescription(name, .gauge, help: name), pairs) { .shown(Lock(0)) }
        guard case .shown(let number) = instrument else { Self.wrongKind(name) }
        return number
    }

    /// How durations are distributed. Recording takes some nanoseconds, on any thread.
    ///
    /// - Parameters:
    ///   - name: The name, with `_seconds` at its end, which is added when it is missing.
    ///   - help: A sentence on what takes so long.
    ///   - labels: What tells it from others of the name.
    ///   - bounds: The bounds of the buckets that are shown, ascending; what is recorded is far finer.
    public func histogram(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
        bounds: [Duration] = MetricDescription.usualBounds
    ) -> SharedHistogram {
        histogram(name, help: help, pairs: labels.map { ($0.key, $0.value) }, bounds: bounds)
    }

    func histogram(
        _ name: String, help: String, pairs: [(String, String)],
        bounds: [Duration] = MetricDescription.usualBounds
    ) -> SharedHistogram {
        let name = name.hasSuffix("_seconds") ? name : name + "_seconds"
        let description = MetricDescription(name, .histogram, help: help, bounds: bounds)
        let instrument = find(description, pairs) { .histogram(SharedHistogram()) }
        guard case .histogram(let histogram) = instrument else { Self.wrongKind(name) }
        return histogram
    }

    /// Has `collect` add numbers of its own to every snapshot, on the thread that takes it.
    ///
    /// - Returns: What ``removeSource(_:)`` wants.
    func addSource(_ collect: @escaping @Sendable (inout MetricsSnapshot) -> Void) -> Int {
        state.withLock { state in
            state.nextSource += 1
            state.sources.append((state.nextSource, collect))
            return state.nextSource
        }
    }

    func removeSource(_ id: Int) { state.withLock { $0.sources.removeAll { $0.id == id } } }

    /// The numbers as they stand.
    public func snapshot() -> MetricsSnapshot {
        let (families, sources) = state.withLock { ($0.families, $0.sources) }
        var snapshot = MetricsSnapshot()
        for source in sources { source.collect(&snapshot) }
        for family in families {
            for one in family.series { snapshot.add(one.instrument.value, to: family.description, one.labels) }
        }
        return snapshot
    }

    private func find(
        _ description: MetricDescription, _ pairs: [(String, String)], _ make: () -> Instrument
    ) -> Instrument {
        let labels = pairs.map { MetricLabel($0.0, $0.1) }.ordered { $0.name < $1.name }
        return state.withLock { state in
            let place = state.places[description.name] ?? state.families.count
            if place == state.families.count {
                state.places[description.name] = place
                state.families.append(Family(description: description))
            }
            if let found = state.families[place].places[labels] {
                return state.families[place].series[found].instrument
            }
            guard state.families[place].description.kind == description.kind else { Self.wrongKind(description.name) }
            let made = make()
            state.families[place].places[labels] = state.families[place].series.count
            state.families[place].series.append((labels, made))
            return made
        }
    }

    private static func wrongKind(_ name: String) -> Never {
        // A mistake in the program, which no input can make: names and kinds stand in its text, and the first run that registers
        // both shows it. Not a precondition: a release build would keep its message to itself.
        fatalError("the metric \(name) is there already as another kind: give this one another name")
    }
}

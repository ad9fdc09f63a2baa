#if Metrics
    import ApusRuntime
    public import CoreMetrics

    /// Shows what libraries count through swift-metrics among an application's metrics.
    ///
    ///     MetricsSystem.bootstrap(ApusMetricsFactory(app.metrics))
    ///
    /// A label becomes a name (dots become underscores), dimensions become labels. Counters never go back: their
    /// `reset()` does nothing, for a collector takes that for a new start. A recorder that aggregates shows the number and
    /// the sum of what it recorded, one that does not the last value.
    public struct ApusMetricsFactory: MetricsFactory {
        private let metrics: Apus.Metrics

        /// A factory of numbers in `metrics`.
        public init(_ metrics: Apus.Metrics = .shared) { self.metrics = metrics }

        /// A counter.
        public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            CountingHandler(metrics.counter(label, help: label, pairs: dimensions))
        }

        /// A gauge, or a sum and a count.
        public func makeRecorder(
            label: String, dimensions: [(String, String)], aggregate: Bool
        ) -> any RecorderHandler {
            aggregate
                ? SummingHandler(metrics, label, dimensions) : ShowingHandler(metrics.shown(label, pairs: dimensions))
        }

        /// A gauge that can be changed.
        public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
            ShowingHandler(metrics.shown(label, pairs: dimensions))
        }

        /// A histogram of durations.
        public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            TimingHandler(metrics.histogram(label, help: label, pairs: dimensions))
        }

        /// Does nothing: what was counted stays.
        public func destroyCounter(_ handler: any CounterHandler) {}
        /// Does nothing: what was counted stays.
        public func destroyRecorder(_ handler: any RecorderHandler) {}
        /// Does nothing: what was counted stays.
        public func destroyMeter(_ handler: any MeterHandler) {}
        /// Does nothing: what was counted stays.
        public func destroyTimer(_ handler: any TimerHandler) {}
    }

    private final class CountingHandler: CounterHandler {
        private let counter: ApusRuntime.Counter
        init(_ counter: ApusRuntime.Counter) { self.counter = counter }
        func increment(by amount: Int64) { counter.add(max(0, Int(amount))) }
        func reset() {}
    }

    /// Shows the last value.
    private final class ShowingHandler: RecorderHandler, MeterHandler {
        private let value: Lock<Double>
        init(_ value: Lock<Double>) { self.value = value }
        func record(_ value: Int64) { set(Double(value)) }
        func record(_ value: Double) { set(value) }
        func set(_ value: Int64) { set(Double(value)) }
        func set(_ value: Double) { self.value.withLock { $0 = value } }
        func increment(by amount: Double) { value.withLock { $0 += amount } }
        func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    }

    /// Shows how many values there were, and their sum.
    private final class SummingHandler: RecorderHandler {
        private let sum: Lock<Double>
        private let count: ApusRuntime.Counter
        init(_ metrics: Apus.Metrics, _ label: String, _ dimensions: [(String, String)]) {
            sum = metrics.shown(label + "_sum", pairs: dimensions)
            count = metrics.counter(label + "_count", help: label, pairs: dimensions)
        }
        func record(_ value: Int64) { record(Double(value)) }
        func record(_ value: Double) {
            sum.withLock { $0 += value }
            count.add()
        }
    }

    private final class TimingHandler: TimerHandler {
        private let histogram: SharedHistogram
        init(_ histogram: SharedHistogram) { self.histogram = histogram }
        func recordNanoseconds(_ duration: Int64) { histogram.record(nanoseconds: UInt64(max(0, duration))) }
    }
#endif

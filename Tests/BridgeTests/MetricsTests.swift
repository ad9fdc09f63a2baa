#if Metrics
    import Apus
    import CoreMetrics
    import Testing

    @Suite("The bridge to swift-metrics")
    struct MetricsTests {
        private let metrics = Apus.Metrics()
        private var factory: ApusMetricsFactory { ApusMetricsFactory(metrics) }

        private func family(_ name: String) throws -> MetricFamily { try #require(metrics.snapshot()[name]) }

        @Test("a counter is one by its label and dimensions, and never goes back")
        func counters() throws {
            let hits = Counter(label: "cache.hits", dimensions: [("tier", "memory")], factory: factory)
            hits.increment()
            hits.increment(by: 4)
            hits.increment(by: -2)
            hits.reset()
            Counter(label: "cache.hits", dimensions: [("tier", "disk")], factory: factory).increment(by: 7)
            // The same again is the same counter.
            Counter(label: "cache.hits", dimensions: [("tier", "memory")], factory: factory).increment()
            let family = try family("cache_hits")
            #expect(family.description.kind == .counter)
            #expect(family.number(["tier": "memory"]) == 6)
            #expect(family.number(["tier": "disk"]) == 7)
        }

        @Test("a counter of fractions counts whole ones")
        func fractions() throws {
            let energy = FloatingPointCounter(label: "energy", dimensions: [], factory: factory)
            energy.increment(by: 0.75)
            energy.increment(by: 0.75)
            #expect(try family("energy").number() == 1)
        }

        @Test("a meter goes up and down, a gauge shows its last value")
        func meters() throws {
            let meter = Meter(label: "queue.depth", dimensions: [], factory: factory)
            meter.set(10)
            meter.increment(by: 2.5)
            meter.decrement()
            #expect(try family("queue_depth").number() == 11.5)
            #expect(try family("queue_depth").description.kind == .gauge)
            let gauge = Gauge(label: "temperature", dimensions: [("room", "1")], factory: factory)
            gauge.record(20)
            gauge.record(21.25)
            #expect(try family("temperature").number(["room": "1"]) == 21.25)
        }

        @Test("a recorder shows number and sum of what it recorded")
        func recorders() throws {
            let sizes = Recorder(label: "batch.size", dimensions: [], factory: factory)
            sizes.record(3)
            sizes.record(4.5)
            #expect(try family("batch_size_count").number() == 2)
            #expect(try family("batch_size_sum").number() == 7.5)
        }

        @Test("a timer is a histogram in seconds")
        func timers() throws {
            let timer = Timer(label: "query.time", dimensions: [("table", "users")], factory: factory)
            timer.recordMilliseconds(2)
            timer.recordNanoseconds(-5)
            let text = metrics.snapshot().text()
            #expect(text.contains("# TYPE query_time_seconds histogram\n"))
            #expect(text.contains(#"query_time_seconds_count{table="users"} 2"# + "\n"))
            #expect(text.contains(#"query_time_seconds_bucket{table="users",le="0.001"} 1"# + "\n"))
        }
    }
#endif

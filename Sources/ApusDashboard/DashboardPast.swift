/// A sample of the past, in few numbers.
package struct DashboardPast: Codable, Sendable {
    package var at: Int64
    package var rate: Double
    package var errors: Double
    package var p50: Double
    package var p99: Double
    package var connections: Int
    package var processor: Double
    package var heat: [Int]

    package init(_ sample: DashboardSample) {
        at = sample.at
        rate = sample.requests.rate
        errors = sample.requests.byStatus[4] + sample.requests.byStatus[5]
        p50 = sample.latency.p50
        p99 = sample.latency.p99
        connections = sample.connections.open
        processor = sample.loops.reduce(0) { $0 + $1.processor }
        heat = sample.latency.heat
    }
}

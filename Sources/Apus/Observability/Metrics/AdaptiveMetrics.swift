import ApusPool
import ApusRuntime

extension MetricsSnapshot {
    /// Adds what the adaptive limits of a service let in and turn away.
    mutating func addAdaptiveLimits(of service: Service) {
        for one in service.adaptiveGates {
            let label = MetricLabel("limit", one.name)
            add(.count(one.gate.currentLimit), to: .adaptiveLimit, [label])
            add(.count(one.gate.active), to: .adaptiveInFlight, [label])
            add(.count(one.gate.entered), to: .adaptiveEntered, [label])
            for priority in LoadPriority.allCases {
                add(
                    .count(one.gate.shed(of: priority)), to: .adaptiveShed,
                    [label, MetricLabel("priority", priority.name)])
            }
            if let base = one.gate.base { add(.number(base / .seconds(1)), to: .adaptiveBase, [label]) }
        }
    }
}

extension MetricDescription {
    fileprivate static let adaptiveLimit = MetricDescription(
        "apus_adaptive_limit", .gauge, help: "How many requests at a time an adaptive limit lets in now.")
    fileprivate static let adaptiveInFlight = MetricDescription(
        "apus_adaptive_in_flight", .gauge, help: "Requests that an adaptive limit has let in and that are not over.")
    fileprivate static let adaptiveEntered = MetricDescription(
        "apus_adaptive_entered", .counter, help: "Requests that an adaptive limit has let in.")
    fileprivate static let adaptiveShed = MetricDescription(
        "apus_adaptive_shed", .counter, help: "Requests that an adaptive limit has turned away, by priority.")
    fileprivate static let adaptiveBase = MetricDescription(
        "apus_adaptive_base_seconds", .gauge,
        help: "What a request takes without a queue, as far as an adaptive limit knows it.")
}

import ApusHTTP
import ApusRuntime

extension MetricsSnapshot {
    /// Adds what the loops have counted of a service's requests.
    mutating func add(_ metrics: RequestMetrics) {
        let ended = metrics.sum(at: LoopRequestMeters.ended)
        // Read second: one that begins between both readings must not make the difference negative.
        let begun = metrics.sum(at: LoopRequestMeters.begun)
        add(.count(max(0, begun - ended)), to: .requestsInProgress)
        for failure in RequestFailure.allCases {
            let count = metrics.sum(at: LoopRequestMeters.failures + Int(failure.rawValue))
            add(.count(count), to: .requestFailures, [MetricLabel("cause", failure.name.description)])
        }
        metrics.forEach { series in
            let (method, route) = metrics.labels(of: series.place)
            let labels = [MetricLabel("method", method), MetricLabel("route", route)]
            for index in 0...RouteMeter.unanswered {
                let count = series.sum(at: index)
                guard count > 0 else { continue }
                add(.count(count), to: .requests, labels + [MetricLabel("status", Self.status(index))])
            }
            add(.histogram(series.durations.snapshot()), to: .requestDuration, labels)
            add(.count(series.sum(at: RouteMeter.received)), to: .receivedContent, labels)
            add(.count(series.sum(at: RouteMeter.sent)), to: .sentContent, labels)
        }
    }

    private static func status(_ index: Int) -> String {
        switch index {
        case RouteMeter.unanswered: "none"
        case RouteMeter.otherStatus: "other"
        default: "\(RouteMeter.firstStatus + index)"
        }
    }

    /// Adds how often limits were exceeded and the rules of HTTP/2 broken.
    mutating func addRefusals(of service: Service) {
        for kind in LimitKind.allCases {
            let label = MetricLabel("limit", kind.name.description)
            add(.count(service.limitCounts.value(kind)), to: .limitsExceeded, [label])
        }
        let counts = service.http2Counts.counts
        for (violation, count) in counts.violations.ordered(by: { $0.key.rawValue < $1.key.rawValue }) {
            add(.count(count), to: .http2Violations, [MetricLabel("violation", Self.hyphenated("\(violation)"))])
        }
        for kind in HTTP2FloodKind.allCases {
            let label = MetricLabel("kind", kind.name.description)
            add(.count(counts.floods[kind] ?? 0), to: .http2Floods, [label])
        }
    }

    /// `settingsTimeout` as `settings-timeout`.
    private static func hyphenated(_ name: String) -> String {
        var text = ""
        for character in name {
            if character.isUppercase { text += "-" }
            text += character.lowercased()
        }
        return text
    }
}

extension MetricDescription {
    static let requests = MetricDescription(
        "apus_http_requests", .counter,
        help: "Requests by method, route template and status; none: the client left before it was answered.")
    static let requestDuration = MetricDescription(
        "apus_http_request_duration_seconds", .histogram,
        help: "From the end of a request's head to the end of its response.")
    static let requestsInProgress = MetricDescription(
        "apus_http_requests_in_progress", .gauge, help: "Requests whose response is not sent to its end.")
    static let requestFailures = MetricDescription(
        "apus_http_request_failures", .counter, help: "Requests that were not answered as they should have been.")
    static let receivedContent = MetricDescription(
        "apus_http_request_content_bytes", .counter, help: "Bytes of content received.")
    static let sentContent = MetricDescription(
        "apus_http_response_content_bytes", .counter, help: "Bytes of content sent.")
    static let limitsExceeded = MetricDescription(
        "apus_limits_exceeded", .counter, help: "How often clients, or handlers, exceeded a limit.")
    static let http2Violations = MetricDescription(
        "apus_http2_violations", .counter, help: "Streams and connections ended for what they broke of HTTP/2's rules.")
    static let http2Floods = MetricDescription(
        "apus_http2_floods", .counter, help: "Connections ended for a flood of HTTP/2 frames.")
}

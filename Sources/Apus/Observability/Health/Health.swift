public import ApusRuntime

/// The checks of a service, and the answers that come of them.
///
/// ```swift
/// let health = Health()
/// health.add("database", for: [.ready, .startup]) {
///     try await database.ping()
///     return .passed
/// }
/// app.serveHealth(health)
/// ```
///
/// `GET /health/live`, `/health/ready` and `/health/startup` answer 200, or 503 when a check has failed. A service
/// without checks is live, and ready until it is stopped. Any thread may use it.
public final class Health: Sendable {
    private struct State: Sendable {
        var runners: [HealthCheckRunner] = []
        var hasStarted = false
    }

    private let state = Lock(State())

    /// No checks yet.
    public init() {}

    /// Adds a check.
    public func add(_ check: HealthCheck) { state.withLock { $0.runners.append(HealthCheckRunner(check)) } }

    /// Adds a check with the usual times.
    ///
    /// - Parameters:
    ///   - name: What is looked at.
    ///   - questions: The questions whose answer depends on it.
    ///   - look: Looks; what it throws is a failure.
    public func add(
        _ name: String, for questions: Set<HealthQuestion> = [.ready],
        look: @escaping @Sendable () async throws -> HealthStatus
    ) {
        add(HealthCheck(name, for: questions, look: look))
    }

    /// Answers a question by its checks, which run at the same time.
    ///
    /// - Parameters:
    ///   - question: What is asked.
    ///   - loop: The loop on whose time the checks' timeouts are.
    public func report(on question: HealthQuestion, loop: EventLoop) async -> HealthReport {
        let (runners, hasStarted) = state.withLock { state in
            (state.runners.filter { $0.check.questions.contains(question) }, state.hasStarted)
        }
        var report = HealthReport(question: question)
        // Once begun, a service stays so: whether it works is asked by the other questions.
        if question == .startup, hasStarted { return report }
        await withTaskGroup(of: (Int, HealthReport.Part).self) { group in
            for (index, runner) in runners.enumerated() {
                group.addTask {
                    let result = await runner.result(loop)
                    let age = max(.zero, ContinuousClock.now - result.at)
                    return (index, HealthReport.Part(name: runner.check.name, status: result.status, age: age))
                }
            }
            var parts: [(Int, HealthReport.Part)] = []
            for await part in group { parts.append(part) }
            for (_, part) in parts.ordered(by: { $0.0 < $1.0 }) { report.add(part) }
        }
        if question == .startup, report.isFit { state.withLock { $0.hasStarted = true } }
        return report
    }
}

/// The answer to a ``HealthQuestion``.
public struct HealthReport: Sendable {
    /// What came of one check.
    public struct Part: Sendable {
        /// The name of the check.
        public let name: String
        /// What came of it.
        public let status: HealthStatus
        /// How long that has been known.
        public let age: Duration
    }

    /// What was asked.
    public let question: HealthQuestion
    /// The worst that came of any check.
    public private(set) var status = HealthStatus.passed
    /// What came of each check, in the order in which they were added.
    public private(set) var parts: [Part] = []

    init(question: HealthQuestion) { self.question = question }

    mutating func add(_ part: Part) {
        parts.append(part)
        if HealthStatus.isWorse(part.status, than: status) { status = part.status }
    }

    /// Whether no check has failed.
    public var isFit: Bool {
        if case .failed = status { false } else { true }
    }

    /// The report as JSON: the status, and with `details` each check by its name.
    func json(details: Bool) -> [UInt8] {
        var line = LogLine()
        line.plain("{\"status\":\"")
        line.plain(status.name)
        line.plain("\"")
        if details, !parts.isEmpty {
            line.plain(",\"checks\":{")
            for (index, part) in parts.enumerated() {
                if index > 0 { line.plain(",") }
                let name = part.name
                unsafe line.json(name.utf8Span.span.bytes)
                line.plain(":{\"status\":\"")
                line.plain(part.status.name)
                line.plain("\"")
                if let message = part.status.message {
                    line.plain(",\"message\":")
                    unsafe line.json(message.utf8Span.span.bytes)
                }
                line.plain(",\"age\":")
                line.seconds(UInt64(clamping: Int64(part.age / .nanoseconds(1))))
                line.plain("}")
            }
            line.plain("}")
        }
        line.plain("}\n")
        return line.copy
    }
}

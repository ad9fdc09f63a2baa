import ApusRuntime

/// How fit a part of a service is.
public enum HealthStatus: Sendable, Hashable {
    /// It works.
    case passed
    /// It works, but not as well as it should: with why. The service is still fit.
    case degraded(String)
    /// It doesn't work: with why. The service is not fit.
    case failed(String)

    /// The word in the answer.
    public var name: StaticString {
        switch self {
        case .passed: "passed"
        case .degraded: "degraded"
        case .failed: "failed"
        }
    }

    var message: String? {
        switch self {
        case .passed: nil
        case .degraded(let why), .failed(let why): why
        }
    }

    fileprivate var rank: Int {
        switch self {
        case .passed: 0
        case .degraded: 1
        case .failed: 2
        }
    }

    static func isWorse(_ one: HealthStatus, than other: HealthStatus) -> Bool { one.rank > other.rank }
}

/// What an orchestrator asks a service.
public enum HealthQuestion: String, Sendable, Hashable, CaseIterable {
    /// Whether it works at all, or must be started anew: a deadlock, not a database that is gone.
    case live
    /// Whether it should get requests now.
    case ready
    /// Whether it has begun to work. Once it has, this stays so.
    case startup
}

/// Looks whether a part of a service works.
public struct HealthCheck: Sendable {
    /// What is looked at, as `database`: it names the check in the answer.
    public var name: String
    /// The questions whose answer depends on it.
    public var questions: Set<HealthQuestion>
    /// A check that takes longer has failed. Default 2 s.
    public var timeout = Duration.seconds(2)
    /// How long a result is kept, so that whoever asks often does no harm. Default 1 s.
    public var keepsResult = Duration.seconds(1)
    /// Looks, with the loop of the request that asks.
    let look: @Sendable (EventLoop) async throws -> HealthStatus

    init(
        _ name: String, for questions: Set<HealthQuestion>,
        with look: @escaping @Sendable (EventLoop) async throws -> HealthStatus
    ) {
        self.name = name
        self.questions = questions
        self.look = look
    }

    /// A check.
    ///
    /// - Parameters:
    ///   - name: What is looked at.
    ///   - questions: The questions whose answer depends on it.
    ///   - look: Looks. An error that it throws is a failure; what it says goes to the log, not to who asks.
    public init(
        _ name: String, for questions: Set<HealthQuestion> = [.ready],
        look: @escaping @Sendable () async throws -> HealthStatus
    ) {
        self.init(name, for: questions, with: { _ in try await look() })
    }
}

#if Redis && canImport(CHiredis)
    extension HealthCheck {
        /// Whether a Redis answers.
        ///
        /// While it does not, the service is degraded and still fit, for what stands on Redis says itself what happens then:
        /// ``RedisRateLimitStore/Failure``, 503 for who needs a session. Say that it is vital where nothing goes without it.
        ///
        /// - Parameters:
        ///   - redis: The client, whose connection of the loop that the question came to is used.
        ///   - name: What the check is called in the answer.
        ///   - questions: The questions whose answer depends on it.
        ///   - isVital: Whether the service is not fit while Redis does not answer.
        public static func redis(
            _ redis: RedisClient, name: String = "redis", for questions: Set<HealthQuestion> = [.ready],
            isVital: Bool = false
        ) -> HealthCheck {
            HealthCheck(
                name, for: questions,
                with: { loop in
                    do throws(RedisError) {
                        _ = try await redis.send(RedisCommand("PING"), on: loop)
                        return .passed
                    } catch {
                        let why = "Redis does not answer: the log says why"
                        return isVital ? .failed(why) : .degraded(why)
                    }
                })
        }
    }
#endif

#if Redis && canImport(CHiredis)
    public import ApusRuntime
    import Synchronization

    /// Counts requests in Redis, for all servers that use it together: by one script for each request, which Redis runs as
    /// one step, and by Redis' clock, so that those of the servers need not agree.
    ///
    /// ```swift
    /// let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
    /// let store = RedisRateLimitStore(.tokenBucket(600, per: .seconds(60)), redis)
    /// app.use(RateLimit(store: store))
    /// ```
    ///
    /// A request waits for Redis no longer than ``RedisConfiguration/timeout``, and not at all while Redis is known to be
    /// away: then ``Failure`` says what happens.
    public final class RedisRateLimitStore: RateLimitStore {
        /// What happens to requests while Redis doesn't answer.
        public enum Failure: Sendable, Hashable {
            /// They pass without a limit ("fail open"): for limits that spare the server.
            case allow
            /// They are refused with 503 Service Unavailable ("fail closed"): for limits that guard something.
            case refuse
            /// They are counted in this process alone: each server allows as much as all would together.
            case countHere
        }

        /// The rule.
        public let rule: RateLimitRule
        private let redis: RedisClient
        private let prefix: String
        private let failure: Failure
        private let local: MemoryRateLimitStore?
        private let failures = Atomic<Int>(0)

        /// A store.
        ///
        /// - Parameters:
        ///   - rule: The rule; its name tells its counts from those of other rules.
        ///   - redis: Where the counts are.
        ///   - prefix: What the names of all keys begin with.
        ///   - failure: What happens to requests while Redis doesn't answer.
        public init(
            _ rule: RateLimitRule, _ redis: RedisClient, prefix: String = "apus:limit:", failure: Failure = .countHere
        ) {
            self.rule = rule
            self.redis = redis
            self.prefix = "\(prefix)\(rule.name):"
            self.failure = failure
            local = failure == .countHere ? MemoryRateLimitStore(rule) : nil
        }

        /// How many requests Redis did not count.
        public var failureCount: Int { failures.load(ordering: .relaxed) }

        /// Counts `cost` requests of `key`, if so many are allowed. On the request's loop.
        ///
        /// - Throws: `HTTPError` 503 when Redis doesn't answer and ``Failure/refuse`` was asked for.
        public func take(_ cost: Int, of key: RateLimitKey, on loop: EventLoop) async throws -> RateLimitDecision {
            let cost = min(max(cost, 1), rule.burst)
            do {
                return try await count(cost, key, loop)
            } catch {
                failures.wrappingAdd(1, ordering: .relaxed)
                switch failure {
                case .allow: return RateLimitDecision(isAllowed: true, remaining: rule.burst - cost)
                case .countHere:
                    return local?.takeNow(cost, of: key, on: loop)
                        ?? RateLimitDecision(isAllowed: true, remaining: rule.burst - cost)
                case .refuse:
                    throw HTTPError(
                        .serviceUnavailable, "requests can't be counted at present: try again in a moment",
                        fields: [.retryAfter: "1"])
                }
            }
        }

        private func count(
            _ cost: Int, _ key: RateLimitKey, _ loop: EventLoop
        ) async throws(RedisError) -> RateLimitDecision {
            let script: RedisScript
            let arguments: [RedisArgument]
            switch rule.algorithm {
            case .tokenBucket:
                script = .tokenBucket
                arguments = [
                    .text(Self.microseconds(rule.interval)), .text(Self.microseconds(rule.fillTime)),
                    .text(Self.microseconds(rule.time(of: cost))),
                ]
            case .slidingWindow:
                script = .slidingWindow
                arguments = [
                    .text(Self.microseconds(rule.windowNanoseconds)), .integer(rule.limit), .integer(cost),
                ]
            }
            let reply = try await redis.run(script, keys: [.text("\(prefix)\(key)")], arguments: arguments, on: loop)
            guard let numbers = reply.array, numbers.count == 4, let isAllowed = numbers[0].integer,
                let remaining = numbers[1].integer, let reset = numbers[2].integer, let retry = numbers[3].integer
            else { throw .unexpectedReply }
            return RateLimitDecision(
                isAllowed: isAllowed == 1, remaining: Int(remaining), resetNanoseconds: reset * 1000,
                retryNanoseconds: retry * 1000)
        }

        /// As Lua reads it: whole microseconds, and what is over in thousandths.
        private static func microseconds(_ nanoseconds: UInt64) -> String {
            let thousandths = String(nanoseconds % 1000)
            return "\(nanoseconds / 1000).\(String(repeating: "0", count: 3 - thousandths.count))\(thousandths)"
        }
    }

    extension RedisScript {
        /// What ``TokenBucket`` does, in microseconds of Redis' clock. A key is the time at which the bucket is full, and
        /// ends then. One that is further away than a bucket takes to fill was set before the clock was turned back.
        static let tokenBucket = RedisScript(
            text: """
                local time = redis.call('TIME')
                local now = time[1] * 1000000 + time[2]
                local interval, fill, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
                local missing = math.min(math.max((tonumber(redis.call('GET', KEYS[1])) or 0) - now, 0), fill)
                local after = missing + cost
                if after > fill then
                    return {0, math.floor((fill - missing) / interval), math.ceil(missing), math.ceil(after - fill)}
                end
                redis.call('SET', KEYS[1], string.format('%.3f', now + after), 'PX', math.ceil(after / 1000))
                return {1, math.floor((fill - after) / interval), math.ceil(after), 0}
                """, digest: "f75b7d2fed508a188f1c455735ce263536469f6c")

        /// What ``SlidingWindow`` does, in microseconds of Redis' clock. A key is the number of a window and the requests in
        /// the one before and in it. One of a window to come was set before the clock was turned back: it counts on at
        /// that window's begin when it is the next, and not at all when it is further away.
        static let slidingWindow = RedisScript(
            text: """
                local time = redis.call('TIME')
                local now = time[1] * 1000000 + time[2]
                local length, limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
                local number = math.floor(now / length)
                local elapsed = now - number * length
                local before, present = 0, 0
                local word = redis.call('GET', KEYS[1])
                if word then
                    local window, first, second = string.match(word, '^(%d+) (%d+) (%d+)$')
                    window, first, second = tonumber(window), tonumber(first), tonumber(second)
                    if window == number + 1 then number, elapsed, before, present = window, 0, first, second
                    elseif window == number then before, present = first, second
                    elseif window == number - 1 then before = second end
                end
                local used = present + math.ceil(before * (length - elapsed) / length)
                local left = length - elapsed
                if used + cost > limit then
                    local wait
                    if present + cost <= limit then
                        wait = left - math.min(length * (limit - present - cost) / before, left)
                    else
                        wait = left + length - math.min(length * (limit - cost) / present, length)
                    end
                    local reset = present > 0 and left + length or left
                    return {0, math.max(limit - used, 0), math.ceil(reset), math.max(math.ceil(wait), 1)}
                end
                redis.call('SET', KEYS[1], string.format('%d %d %d', number, before, present + cost), 'PX',
                    math.ceil((left + length) / 1000))
                return {1, limit - used - cost, math.ceil(left + length), 0}
                """, digest: "808e35f1430da1248dedaa683691b6fb1e068917")
    }
#endif

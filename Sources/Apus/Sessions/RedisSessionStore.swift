#if Redis && canImport(CHiredis)
    import ApusHTTP
    public import ApusRuntime

    /// Keeps sessions in Redis, for all servers that use it together: each as a hash, which ends by itself.
    ///
    /// ```swift
    /// let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
    /// app.use(Sessions(RedisSessionStore(redis)))
    /// ```
    ///
    /// Changes are applied by scripts, in one step, value by value. Time is that of Redis' clock. While Redis doesn't answer,
    /// requests that need their session get 503 Service Unavailable, without waiting longer than
    /// ``RedisConfiguration/timeout``.
    public struct RedisSessionStore: SessionStore {
        private let redis: RedisClient
        private let prefix: String

        /// A store.
        ///
        /// - Parameters:
        ///   - redis: Where the sessions are.
        ///   - prefix: What the names of all keys begin with.
        public init(_ redis: RedisClient, prefix: String = "apus:session:") {
            self.redis = redis
            self.prefix = prefix
        }

        /// The values of a session.
        ///
        /// - Throws: `HTTPError` 503.
        public func load(_ id: String, _ timing: SessionTiming, on loop: EventLoop) async throws -> SessionValues? {
            let reply = try await run(.loadSession, id, Self.milliseconds(timing), loop)
            guard let pairs = reply.array else { return nil }
            var values: SessionValues = [:]
            for index in stride(from: 0, to: pairs.count - 1, by: 2) {
                // The one without a name is the time at which the session began.
                guard let name = pairs[index].text, !name.isEmpty, case .bytes(let value) = pairs[index + 1] else {
                    continue
                }
                values[name] = value
            }
            return values
        }

        /// Stores changes.
        ///
        /// - Throws: `HTTPError` 503.
        public func save(
            _ id: String, _ changes: [String: [UInt8]?], isNew: Bool, _ timing: SessionTiming, on loop: EventLoop
        ) async throws {
            var arguments = Self.milliseconds(timing) + [isNew ? 1 : 0]
            let set = changes.compactMapValues { $0 }
            arguments.append(.integer(set.count))
            for (name, value) in set { arguments += [.text(name), .bytes(value)] }
            for (name, value) in changes where value == nil { arguments.append(.text(name)) }
            _ = try await run(.saveSession, id, arguments, loop)
        }

        /// Ends a session.
        ///
        /// - Throws: `HTTPError` 503.
        public func remove(_ id: String, on loop: EventLoop) async throws {
            do throws(RedisError) {
                _ = try await redis.send(RedisCommand("DEL", .text(prefix + id)), on: loop)
            } catch {
                throw Self.response(to: error)
            }
        }

        private func run(
            _ script: RedisScript, _ id: String, _ arguments: [RedisArgument], _ loop: EventLoop
        ) async throws -> RedisValue {
            do throws(RedisError) {
                return try await redis.run(script, keys: [.text(prefix + id)], arguments: arguments, on: loop)
            } catch {
                throw Self.response(to: error)
            }
        }

        private static func milliseconds(_ timing: SessionTiming) -> [RedisArgument] {
            [timing.idleTimeout, timing.lifetime].map { .integer(max(1, $0.clampedNanoseconds / 1_000_000)) }
        }

        private static func response(to error: RedisError) -> HTTPError {
            HTTPError(
                .serviceUnavailable, "sessions can't be read at present: try again in a moment",
                fields: [.retryAfter: "1"])
        }
    }

    extension RedisScript {
        /// The values of a session, whose idle time begins anew; nothing when it has ended.
        static let loadSession = RedisScript(
            text: """
                local began = redis.call('HGET', KEYS[1], '')
                if not began then return false end
                local age = (redis.call('TIME')[1] - began) * 1000
                local left = math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - age)
                if left <= 0 then
                    redis.call('DEL', KEYS[1])
                    return false
                end
                redis.call('PEXPIRE', KEYS[1], left)
                return redis.call('HGETALL', KEYS[1])
                """, digest: "ff84bc151f5d6330e869a06ab4de11e9cc80934e")

        /// Changes values of a session, which begins now or has not ended.
        static let saveSession = RedisScript(
            text: """
                local now = redis.call('TIME')[1]
                local began = redis.call('HGET', KEYS[1], '')
                if ARGV[3] == '1' then
                    redis.call('DEL', KEYS[1])
                    redis.call('HSET', KEYS[1], '', now)
                    began = now
                elseif not began then
                    return 0
                end
                local set = tonumber(ARGV[4])
                for index = 5, 4 + set * 2, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
                for index = 5 + set * 2, #ARGV do redis.call('HDEL', KEYS[1], ARGV[index]) end
                local left = math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - (now - began) * 1000)
                redis.call('PEXPIRE', KEYS[1], math.max(left, 1))
                return 1
                """, digest: "0554e0827f70af31042bd1599b151113b1ba4838")
    }
#endif

#if Redis && canImport(CHiredis)
    import ApusRuntime

    /// A Lua script that Redis runs as one step, which no other command comes between.
    struct RedisScript: Sendable {
        let text: String
        /// The SHA-1 of ``text`` in hexadecimal, by which Redis knows a script it has run before.
        let digest: String
    }

    extension RedisClient {
        /// Runs a script: by its digest, and by its text where Redis doesn't know it yet.
        func run(
            _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], on loop: EventLoop
        ) async throws(RedisError) -> RedisValue {
            let rest = [.integer(keys.count)] + keys + arguments
            do throws(RedisError) {
                return try await send(RedisCommand("EVALSHA", arguments: [.text(script.digest)] + rest), on: loop)
            } catch {
                guard case .server(let message) = error, message.hasPrefix("NOSCRIPT") else { throw error }
                return try await send(RedisCommand("EVAL", arguments: [.text(script.text)] + rest), on: loop)
            }
        }
    }
#endif

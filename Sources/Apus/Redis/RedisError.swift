#if Redis && canImport(CHiredis)
    /// Why Redis did not answer a command, or what it answered instead.
    public enum RedisError: Error, Sendable, Equatable, CustomStringConvertible {
        /// There is no connection and the last attempt failed; the next one is made by itself. Told at once.
        case unavailable(String)
        /// No answer came within ``RedisConfiguration/timeout``; whether the command was carried out is not known.
        case timedOut
        /// The connection broke before the answer came; whether the command was carried out is not known.
        case connectionLost(String)
        /// As many commands wait as ``RedisConfiguration/mostWaiting`` allows.
        case overloaded
        /// Redis answered with an error, whose first word says its kind.
        case server(String)
        /// Redis answered something that the command never gets.
        case unexpectedReply
        /// The loop has ended.
        case closed

        /// What happened and what to do.
        public var description: String {
            switch self {
            case .unavailable(let reason): "Redis can't be reached: \(reason)"
            case .timedOut: "Redis did not answer in time: look at its load (SLOWLOG), or raise the timeout"
            case .connectionLost(let reason): "the connection to Redis broke: \(reason)"
            case .overloaded: "too many commands wait for Redis: look at its load, or raise mostWaiting"
            case .server(let message): "Redis refused a command: \(message)"
            case .unexpectedReply: "Redis gave a reply of another kind than expected: is another version at work?"
            case .closed: "the loop has ended: use one that runs"
            }
        }
    }
#endif

#if Redis && canImport(CHiredis)
    /// A command that waits: to be sent, or for its reply.
    struct RedisCall {
        typealias Reply = Result<RedisValue, RedisError>

        /// Who waits for the reply.
        @safe enum Receiver {
            case task(UnsafeContinuation<Reply, Never>)
            /// The connection itself, for what it says first.
            case connection
        }

        let receiver: Receiver
        /// The loop's tick until which it may wait.
        let deadline: UInt64
    }

    /// Calls in the order in which they were made, which is that of their replies.
    struct RedisCallQueue {
        private var calls: [RedisCall] = []
        private var head = 0

        var count: Int { calls.count - head }
        var first: RedisCall? { head < calls.count ? calls[head] : nil }

        mutating func append(_ call: RedisCall) { calls.append(call) }

        mutating func popFirst() -> RedisCall? {
            guard head < calls.count else { return nil }
            let call = calls[head]
            head += 1
            if head == calls.count {
                calls.removeAll(keepingCapacity: head <= 1024)
                head = 0
            } else if head >= 1024, head * 2 >= calls.count {
                calls.removeFirst(head)
                head = 0
            }
            return call
        }

        /// All of them, in their order; none stays.
        mutating func takeAll() -> ArraySlice<RedisCall> {
            defer { self = RedisCallQueue() }
            return calls[head...]
        }
    }
#endif

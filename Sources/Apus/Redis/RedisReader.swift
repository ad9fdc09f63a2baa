#if Redis && canImport(CHiredis)
    import CHiredis

    /// Makes values of the bytes that Redis sends, by hiredis' reader.
    @safe final class RedisReader {
        private let reader: UnsafeMutablePointer<redisReader>

        init() {
            // It fails only where the system has no memory left at all, as every allocation of Swift would.
            guard let reader = unsafe apus_redis_reader_create() else { fatalError("out of memory: hiredis got none") }
            unsafe self.reader = unsafe reader
        }

        deinit { unsafe redisReaderFree(reader) }

        /// What keeps bytes from being replies.
        struct Failure: Error {
            let reason: String
        }

        /// Takes bytes, copied.
        func feed(_ bytes: RawSpan) throws(Failure) {
            let result = unsafe bytes.withUnsafeBytes { raw in
                unsafe redisReaderFeed(reader, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
            }
            if result != REDIS_OK { throw failure }
        }

        /// The next whole reply; nil when bytes are missing.
        func next() throws(Failure) -> RedisValue? {
            let step = unsafe apus_redis_reader_next(reader)
            guard unsafe step.state >= 0 else { throw failure }
            guard let reply = unsafe step.reply else { return nil }
            defer { unsafe freeReplyObject(reply) }
            return unsafe Self.value(reply)
        }

        /// The bytes that were fed and belong to no reply yet.
        var pendingCount: Int { unsafe apus_redis_reader_pending(reader) }

        private var failure: Failure { Failure(reason: unsafe String(cString: apus_redis_reader_error(reader))) }

        @unsafe private static func value(_ reply: UnsafeMutablePointer<redisReply>) -> RedisValue {
            switch unsafe reply.pointee.type {
            case REDIS_REPLY_INTEGER: return unsafe .integer(reply.pointee.integer)
            case REDIS_REPLY_STRING: return unsafe .bytes(bytes(reply))
            case REDIS_REPLY_STATUS: return unsafe .status(String(decoding: bytes(reply), as: UTF8.self))
            case REDIS_REPLY_ERROR: return unsafe .error(String(decoding: bytes(reply), as: UTF8.self))
            case REDIS_REPLY_ARRAY:
                var values: [RedisValue] = []
                let count = unsafe Int(reply.pointee.elements)
                for index in 0..<count {
                    guard let element = unsafe reply.pointee.element[index] else { continue }
                    unsafe values.append(value(element))
                }
                return .array(values)
            default: return .null
            }
        }

        @unsafe private static func bytes(_ reply: UnsafeMutablePointer<redisReply>) -> [UInt8] {
            guard let start = unsafe reply.pointee.str else { return [] }
            return unsafe Array(UnsafeRawBufferPointer(start: start, count: apus_redis_reply_length(reply)))
        }
    }
#endif

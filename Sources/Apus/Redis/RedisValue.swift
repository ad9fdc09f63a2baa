#if Redis && canImport(CHiredis)
    /// What Redis replies to a command (RESP, version 2).
    public enum RedisValue: Sendable, Equatable {
        /// Nothing: no such key.
        case null
        /// A number.
        case integer(Int64)
        /// A short word, such as `OK`.
        case status(String)
        /// Bytes.
        case bytes([UInt8])
        /// Several values; an error among them stands for the part of a transaction that failed.
        case array([RedisValue])
        /// An error, whose first word says its kind: `WRONGTYPE …`. One that is the whole reply is thrown.
        case error(String)

        /// The number; also one that came as text.
        public var integer: Int64? {
            switch self {
            case .integer(let number): number
            case .bytes(let bytes): Int(String(decoding: bytes, as: UTF8.self)).map(Int64.init)
            case .status(let text): Int(text).map(Int64.init)
            case .null, .array, .error: nil
            }
        }

        /// The text; bytes that are no UTF-8 are repaired.
        public var text: String? {
            switch self {
            case .status(let text): text
            case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
            case .integer(let number): "\(number)"
            case .null, .array, .error: nil
            }
        }

        /// The values of an array.
        public var array: [RedisValue]? {
            if case .array(let values) = self { values } else { nil }
        }
    }
#endif

#if Redis && canImport(CHiredis)
    /// A command and its arguments. Each argument is sent with its length, so that nothing in one can become another
    /// command.
    ///
    /// ```swift
    /// _ = try await redis.send(RedisCommand("SET", "visits:\(user)", "1", "EX", 3600), on: context.loop)
    /// ```
    public struct RedisCommand: Sendable {
        /// The command as it is sent.
        let bytes: [UInt8]

        /// A command.
        ///
        /// - Parameters:
        ///   - name: The command's name, such as `GET`.
        ///   - arguments: Its arguments: texts, numbers, and `.bytes`.
        public init(_ name: String, _ arguments: RedisArgument...) { self.init(name, arguments: arguments) }

        /// A command.
        ///
        /// - Parameters:
        ///   - name: The command's name, such as `GET`.
        ///   - arguments: Its arguments.
        public init(_ name: String, arguments: [RedisArgument]) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(arguments.reduce(32 + name.utf8.count) { $0 + $1.count + 16 })
            bytes.append(UInt8(ascii: "*"))
            Self.append(number: arguments.count + 1, to: &bytes)
            Self.append(name.utf8, count: name.utf8.count, to: &bytes)
            for argument in arguments {
                switch argument.kind {
                case .text(let text): Self.append(text.utf8, count: text.utf8.count, to: &bytes)
                case .bytes(let content): Self.append(content, count: content.count, to: &bytes)
                }
            }
            self.bytes = bytes
        }

        private static func append(_ content: some Sequence<UInt8>, count: Int, to bytes: inout [UInt8]) {
            bytes.append(UInt8(ascii: "$"))
            append(number: count, to: &bytes)
            bytes.append(contentsOf: content)
            bytes.append(0x0D)
            bytes.append(0x0A)
        }

        private static func append(number: Int, to bytes: inout [UInt8]) {
            bytes.append(contentsOf: "\(number)\r\n".utf8)
        }
    }

    /// An argument of a ``RedisCommand``.
    public struct RedisArgument: Sendable, Equatable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
        enum Kind: Equatable {
            case text(String)
            case bytes([UInt8])
        }

        let kind: Kind
        var count: Int {
            switch kind {
            case .text(let text): text.utf8.count
            case .bytes(let bytes): bytes.count
            }
        }

        /// A text, sent as UTF-8.
        public static func text(_ text: String) -> RedisArgument { RedisArgument(kind: .text(text)) }
        /// Bytes.
        public static func bytes(_ bytes: [UInt8]) -> RedisArgument { RedisArgument(kind: .bytes(bytes)) }
        /// A whole number.
        public static func integer(_ number: some BinaryInteger) -> RedisArgument { .text("\(number)") }

        private init(kind: Kind) { self.kind = kind }

        /// A text.
        public init(stringLiteral value: String) { self = .text(value) }
        /// A whole number.
        public init(integerLiteral value: Int) { self = .integer(value) }
    }
#endif

#if Logging
    import Apus
    import ApusRuntime
    import Logging
    import Synchronization
    import Testing

    /// Keeps what a log is told.
    private final class Lines: Sendable {
        private let kept = Mutex<[LogEntry]>([])

        func log(_ minimum: Log.Level) -> Log {
            Log(minimum: minimum, entries: { entry in self.kept.withLock { $0.append(entry) } })
        }

        /// The lines as text, the fields behind.
        var texts: [String] { kept.withLock { $0.map { "\($0.level.name) \($0.plainText)" } } }
    }

    /// Keeps what a logger is told.
    private struct KeepingHandler: LogHandler {
        let kept: Kept
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?

        final class Kept: Sendable {
            let events = Mutex<[String]>([])
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            kept.events.withLock { $0.append("\(event.level) \(event.message) \(fields.joined(separator: " "))") }
        }
    }

    private struct Broken: Error, CustomStringConvertible {
        var description: String { "it broke" }
    }

    @Suite("The bridges to swift-log")
    struct LoggingTests {
        @Test("a library's line has its label and metadata; what is nearer to the line goes before the rest")
        func metadata() {
            let lines = Lines()
            let log = lines.log(.debug)
            var logger = Logger(label: "db") { label in
                var handler = ApusLogHandler(label: label, log: log)
                handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "b": "provider", "p": "1"] }
                return handler
            }
            logger[metadataKey: "a"] = "logger"
            logger[metadataKey: "z"] = "logger"
            logger.notice("connected", metadata: ["b": "line", "list": ["1", "2"]])
            #expect(
                lines.texts == [#"notice connected logger=db a=provider b=line list=["1", "2"] p=1 z=logger"#])
        }

        @Test("each level becomes the one of its name or the next, and what is below the log's own is dropped")
        func levels() {
            let lines = Lines()
            let log = lines.log(.debug)
            var logger = Logger(label: "l") { ApusLogHandler(label: $0, log: log) }
            logger.logLevel = .trace
            for level in Logger.Level.allCases { logger.log(level: level, "\(level)") }
            #expect(
                lines.texts == [
                    "debug trace logger=l", "debug debug logger=l", "info info logger=l", "notice notice logger=l",
                    "warning warning logger=l", "error error logger=l", "error critical logger=l",
                ])
            let few = Lines()
            let strict = few.log(.warning)
            logger = Logger(label: "l") { ApusLogHandler(label: $0, log: strict) }
            #expect(logger.logLevel == .warning)
            logger.logLevel = .trace
            logger.info("no")
            logger.error("yes")
            #expect(few.texts == ["error yes logger=l"])
        }

        @Test("an error of a line stands in the field error")
        func error() {
            let lines = Lines()
            let log = lines.log(.info)
            let logger = Logger(label: "l") { ApusLogHandler(label: $0, log: log) }
            logger.error("failed", error: Broken())
            #expect(lines.texts == ["error failed logger=l error=it broke"])
        }

        @Test("a log of a logger hands it text, level and fields, and asks for no less than its level")
        func log() {
            let kept = KeepingHandler.Kept()
            var logger = Logger(label: "app") { _ in KeepingHandler(kept: kept) }
            logger.logLevel = .notice
            let log = Log(logger)
            #expect(log.minimum == .notice)
            log(.info, "no")
            log(.warning, "slow", ["seconds": 2.5, "route": "/a"])
            log(.error, "gone")
            #expect(kept.events.withLock { $0 } == ["warning slow route=/a seconds=2.5", "error gone "])
        }
    }
#endif

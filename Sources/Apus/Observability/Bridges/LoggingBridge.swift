#if Logging
    public import ApusRuntime
    public import Logging

    /// Has what libraries say through swift-log written by an Apus `Log`.
    ///
    ///     LoggingSystem.bootstrap { label in ApusLogHandler(label: label, log: log) }
    ///
    /// A label stands in the field `logger`, metadata in fields of their names. `trace` is written as debug, `critical` as
    /// error. Whatever thread a library speaks on, the log's sink is called there.
    public struct ApusLogHandler: LogHandler {
        private let label: String
        private let log: Log
        /// Lines below this level are dropped, as are those below the log's own.
        public var logLevel: Logger.Level
        /// What goes with every line.
        public var metadata: Logger.Metadata = [:]
        /// Gives what goes with every line as well, from the task that speaks.
        public var metadataProvider: Logger.MetadataProvider?

        /// A handler for one logger.
        ///
        /// - Parameters:
        ///   - label: The logger's label.
        ///   - log: Where its lines go.
        public init(label: String, log: Log) {
            self.label = label
            self.log = log
            logLevel = Logger.Level(log.minimum)
        }

        /// A member of the metadata.
        public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        /// Writes a line. What stands in `event` goes before what the metadata provider gives, and that before
        /// ``metadata``; an error stands in the field `error`.
        public func log(event: LogEvent) {
            let level = Log.Level(event.level)
            guard level >= log.minimum else { return }
            var all = metadata
            if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
            if let own = event.metadata { all.merge(own) { _, new in new } }
            if let error = event.error { all["error"] = "\(error)" }
            var entry = LogEntry(level: level, text: event.message.description)
            entry.fields = [("logger", .text(label))]
            for (name, value) in all.sorted(by: { $0.key < $1.key }) { entry.fields.append((name, .text("\(value)"))) }
            log.write(entry)
        }
    }

    extension Log {
        /// A log whose lines go to a logger of swift-log, their fields as metadata.
        public init(_ logger: Logger) {
            self.init(minimum: Level(logger.logLevel)) { entry in
                var metadata: Logger.Metadata = [:]
                for field in entry.fields { metadata[field.name] = .string(field.value.plainText) }
                logger.log(level: Logger.Level(entry.level), "\(entry.text)", metadata: metadata)
            }
        }
    }

    extension Log.Level {
        /// The level of swift-log's of that name, or the next one.
        public init(_ level: Logger.Level) {
            switch level {
            case .trace, .debug: self = .debug
            case .info: self = .info
            case .notice: self = .notice
            case .warning: self = .warning
            case .error, .critical: self = .error
            }
        }
    }

    extension Logger.Level {
        /// The level of that name.
        public init(_ level: Log.Level) {
            switch level {
            case .debug: self = .debug
            case .info: self = .info
            case .notice: self = .notice
            case .warning: self = .warning
            case .error: self = .error
            }
        }
    }
#endif

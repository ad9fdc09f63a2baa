/// Where the runtime, and an application, say what an operator should know. A value; copies share the sink.
///
/// ```swift
/// let log = try Log.lines(to: .file("service.log"), as: .json)
/// log(.warning, "the payment took long", ["order": 7, "seconds": 2.5])
/// ```
///
/// The sink is called on whatever thread has something to say, loops included: it must not block for long.
public struct Log: Sendable {
    /// How much a line matters, least first.
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        /// For whoever looks for a fault.
        case debug
        /// What happens in good order.
        case info
        /// What happens in good order, and seldom.
        case notice
        /// What went wrong and was coped with.
        case warning
        /// What went wrong.
        case error

        /// The lowercase word, as it stands in the line.
        public var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .notice: "notice"
            case .warning: "warning"
            case .error: "error"
            }
        }

        /// Orders by how much a line matters.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private let sink: @Sendable (LogEntry) -> Void
    private let threshold: LogThreshold
    /// Lines below this level are dropped before their text is made.
    public var minimum: Level { threshold.level }

    /// A log that hands each line of at least `minimum` to `sink`, its fields behind the text.
    public init(minimum: Level = .info, to sink: @escaping @Sendable (Level, String) -> Void) {
        self.init(threshold: LogThreshold(minimum), to: sink)
    }

    /// A log that hands each line of at least the threshold's present level to `sink`, its fields behind the text.
    public init(threshold: LogThreshold, to sink: @escaping @Sendable (Level, String) -> Void) {
        self.init(threshold: threshold, entries: { sink($0.level, $0.plainText) })
    }

    /// A log that hands each line of at least `minimum` to `sink`, with its fields.
    public init(minimum: Level = .info, entries sink: @escaping @Sendable (LogEntry) -> Void) {
        self.init(threshold: LogThreshold(minimum), entries: sink)
    }

    /// A log that hands each line of at least the threshold's present level to `sink`, with its fields.
    public init(threshold: LogThreshold, entries sink: @escaping @Sendable (LogEntry) -> Void) {
        self.sink = sink
        self.threshold = threshold
    }

    /// Lines to standard error: the text alone at the levels info and notice, else `level: text`. What is not printable is
    /// escaped, as `\x1b`.
    public static let standardError = Log(entries: { entry in
        var line = LogLine(mostOfValue: 8192)
        line.write(entry, as: .bare)
        line.writeToStandardError()
    })

    /// Drops everything.
    public static let none = Log(minimum: .error) { _, _ in }

    /// Writes one line, whose text is made only when `level` is wanted.
    public func callAsFunction(_ level: Level, _ text: @autoclosure () -> String) {
        if level >= minimum { sink(LogEntry(level: level, text: text())) }
    }

    /// Writes one line with fields; all of it is made only when `level` is wanted.
    ///
    /// - Parameters:
    ///   - level: How much it matters.
    ///   - text: What happened, the same for all that is alike.
    ///   - fields: What differs, in this order.
    public func callAsFunction(
        _ level: Level, _ text: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue>
    ) {
        guard level >= minimum else { return }
        sink(LogEntry(level: level, text: text(), fields: fields().map { ($0.key, $0.value) }))
    }

    /// Writes a line that was made already, if its level is wanted.
    public func write(_ entry: LogEntry) {
        if entry.level >= minimum { sink(entry) }
    }

    /// The same log, which adds `fields` to every line, in front of its own: for a part of a program, or a request.
    public func with(_ fields: KeyValuePairs<String, LogValue>) -> Log {
        let sink = self.sink
        let added = fields.map { (name: $0.key, value: $0.value) }
        return Log(threshold: threshold) { entry in
            var entry = entry
            entry.fields = added + entry.fields
            sink(entry)
        }
    }
}

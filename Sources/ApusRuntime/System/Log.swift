#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the runtime says what an operator should know. A value; copies share the sink.
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

    private let sink: @Sendable (Level, String) -> Void
    private let threshold: LogThreshold
    /// Lines below this level are dropped before their text is made.
    public var minimum: Level { threshold.level }

    /// A log that hands each line of at least `minimum` to `sink`.
    public init(minimum: Level = .info, to sink: @escaping @Sendable (Level, String) -> Void) {
        self.init(threshold: LogThreshold(minimum), to: sink)
    }

    /// A log that hands each line of at least the threshold's present level to `sink`.
    public init(threshold: LogThreshold, to sink: @escaping @Sendable (Level, String) -> Void) {
        self.sink = sink
        self.threshold = threshold
    }

    /// Lines to standard error: the text alone at the levels info and notice, else `level: text`.
    public static let standardError = Log { level, text in
        let line = level == .info || level == .notice ? "\(text)\n" : "\(level.name): \(text)\n"
        var copy = line
        copy.withUTF8 { bytes in _ = unsafe write(2, bytes.baseAddress, bytes.count) }
    }

    /// Drops everything.
    public static let none = Log(minimum: .error) { _, _ in }

    /// Writes one line, whose text is made only when `level` is wanted.
    public func callAsFunction(_ level: Level, _ text: @autoclosure () -> String) {
        if level >= minimum { sink(level, text()) }
    }
}

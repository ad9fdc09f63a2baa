extension Log {
    /// A log of lines, written by a thread of its own: nobody who has something to say waits for the disk. Lines that are
    /// not written fast enough are dropped, and their number is said.
    ///
    /// A line that says the same as an earlier one (level and text; the fields may differ) within `repetition` is not
    /// written but counted; the number is written in a line of its own with the field `repeated` when the time is over
    /// and anything is said.
    ///
    /// - Parameters:
    ///   - destination: Where the lines go.
    ///   - format: How a line is written.
    ///   - minimum: Lines below this level are dropped.
    ///   - repetition: How long the same is not said again; zero always says it.
    /// - Throws: `SystemError`, when the file can't be opened.
    public static func lines(
        to destination: LogDestination = .standardError, as format: LogFormat = .text, minimum: Level = .info,
        repetition: Duration = .seconds(10)
    ) throws(SystemError) -> Log {
        LogLines.log(try LogLines(destination, format, repetition), minimum)
    }

    /// The same, with what has its file opened anew, and waits until what was said is written.
    ///
    /// - Parameters:
    ///   - destination: Where the lines go.
    ///   - format: How a line is written.
    ///   - minimum: Lines below this level are dropped.
    ///   - repetition: How long the same is not said again; zero always says it.
    /// - Throws: `SystemError`, when the file can't be opened.
    public static func controlledLines(
        to destination: LogDestination = .standardError, as format: LogFormat = .text, minimum: Level = .info,
        repetition: Duration = .seconds(10)
    ) throws(SystemError) -> (log: Log, control: LogLines) {
        let lines = try LogLines(destination, format, repetition)
        return (LogLines.log(lines, minimum), lines)
    }
}

/// The file behind a ``Log``. Any thread.
public final class LogLines: Sendable {
    private let writer: LineWriter
    private let format: LogFormat
    private let repetitions: Lock<RepetitionLimit>

    init(_ destination: LogDestination, _ format: LogFormat, _ repetition: Duration) throws(SystemError) {
        writer = try LineWriter(to: destination, name: "log", ringSize: 256 << 10, log: .standardError)
        self.format = format
        repetitions = Lock(RepetitionLimit(repetition))
    }

    static func log(_ lines: LogLines, _ minimum: Log.Level) -> Log {
        Log(minimum: minimum, entries: { lines.write($0) })
    }

    private func write(_ entry: LogEntry) {
        for entry in repetitions.withLock({ $0.admit(entry) }) { put(entry) }
    }

    private func put(_ entry: LogEntry) {
        var line = LogLine(mostOfValue: 8192)
        line.write(entry, as: format)
        line.put(into: writer)
    }

    /// Opens the file anew, soon: it may have been moved away.
    public func reopen() { writer.reopen() }

    /// Says how often was repeated what was held back, and waits until all is written. It blocks: not on a loop.
    public func flush() {
        for entry in repetitions.withLock({ $0.takeAll() }) { put(entry) }
        writer.flush()
    }

    /// Lines that were lost so far.
    public var dropped: Int { writer.dropped }
}

public import ApusRuntime

/// A line for each request, in a file or on standard output.
///
/// ```swift
/// let log = try AccessLog(to: .file("access.log"), .combined)
/// app.logRequests(to: log)
/// ```
///
/// A loop formats a line and puts it into a ring of memory; a thread of the log's own writes. No loop waits for a disk:
/// when one is too slow, lines are dropped, counted (``dropped``) and spoken of in the server's log. What a client sent
/// is escaped: `"`, `\`, control characters and bytes beyond ASCII as `\xHH`; in JSON as JSON does it, and what is no
/// UTF-8 as U+FFFD. Of each value at most 2,048 bytes are written.
///
/// Any thread may use a log, and several applications may share one. It ends, when the last of them lets go of it, with all
/// lines written.
public final class AccessLog: Sendable {
    /// Which requests are logged, and what of them.
    public struct Options: Sendable {
        /// The part of the requests that is logged, from 0 to 1, by chance. Errors (a status of 400 or more, and whatever
        /// failed) always are.
        public var sampling = 1.0
        /// Requests that take longer are always logged; nil makes no difference by time.
        public var alwaysAbove: Duration?
        /// Routes whose requests are not logged, unless they are errors: patterns as they were registered, as
        /// `/health/live`.
        public var leavesOut: Set<String> = []
        /// Whether the query is left out of what is logged, as it may hold what nobody should read.
        public var omitsQuery = false
        /// The memory in which lines wait for the disk, in bytes for each loop; rounded up to a power of two.
        public var bufferSize = 1 << 20

        /// The defaults: all requests.
        public init() {}
    }

    /// How a line is written.
    public let format: AccessLogFormat
    /// Which requests are logged.
    public let options: Options
    let writer: LineWriter

    /// Opens the log.
    ///
    /// - Parameters:
    ///   - destination: Where the lines go.
    ///   - format: How a line is written.
    ///   - options: Which requests are logged, and what of them.
    ///   - log: Where it is said that lines were lost, or a file could not be opened anew.
    /// - Throws: `SystemError`, when the file can't be opened.
    public init(
        to destination: LogDestination = .standardOutput, _ format: AccessLogFormat = .combined,
        options: Options = Options(), log: Log = .standardError
    ) throws(SystemError) {
        self.format = format
        self.options = options
        let size = min(max(options.bufferSize, LogLine.capacity), 1 << 30)
        writer = try LineWriter(to: destination, name: "access log", ringSize: size, log: log)
    }

    /// Opens the file anew, soon: it may have been moved away. ``Application/run()`` does so at SIGUSR1.
    public func reopen() { writer.reopen() }

    /// Waits until the lines of requests that are over are written. It blocks: not on a loop.
    public func flush() { writer.flush() }

    /// Lines that were lost so far: there was no room for them, or they could not be written.
    public var dropped: Int { writer.dropped }
}

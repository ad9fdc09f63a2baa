/// Why a hand-over has come to nothing. The process that wanted it serves on as if nothing had been.
public struct HandoverError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why.
    public enum Reason: Equatable, Sendable {
        /// Another one is under way.
        case underWay
        /// The server drains already, or began to before the new process was ready.
        case calledOff
        /// The process is a worker, which its master replaces.
        case isWorker
        /// The new process could not be started: with what the system says.
        case notStarted(String)
        /// The new process has ended before it served: with how.
        case ended(String)
        /// The new process has said that it can't serve: with why.
        case refused(String)
        /// The new process was not ready within that time, and was ended.
        case timedOut(Duration)
    }

    /// Why.
    public let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    /// A line for the log, with what to do.
    public var description: String {
        switch reason {
        case .underWay: "a hand-over is under way already: wait for its end"
        case .calledOff: "the server was told to stop"
        case .isWorker: "this process is a worker: send the signal to its master"
        case .notStarted(let why): "the new process could not be started: \(why)"
        case .ended(let how): "the new process ended before it served: \(how); what it has said stands above"
        case .refused(let why): "the new process can't serve: \(why)"
        case .timedOut(let time): "the new process was not ready within \(time), and was ended"
        }
    }
}

/// How a new process is started that takes the place of this one.
public struct HandoverOptions: Equatable, Sendable {
    /// The program: a path, or a name to be looked for in PATH. Nil is the one that this process was started as, so that a
    /// new version is found at the old place.
    public var program: String?
    /// The arguments behind its name; nil is those of this process.
    public var arguments: [String]?
    /// Its variables; nil is those of this process.
    public var environment: [String: String]?
    /// How long it may take until it is ready. Default 60 s.
    public var readyTimeout = Duration.seconds(60)

    /// The same program with the same arguments, which may take a minute.
    public init() {}
}

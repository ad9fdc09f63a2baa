/// Leaves out an address that keeps failing, for a while that grows: a state machine of one address, fed with time and
/// outcomes. (After Envoy's outlier detection: consecutive failures, and a share of failures over a window.)
///
/// ```
///   taken ── failures in a row, or too many in the window ──▶ ejected for base × times, at most longest
///     ▲                                                          │ the time is over
///     └── a success (two ejections are forgotten by one quiet period each) ── on trial: one failure ejects again
/// ```
public struct OutlierEjection: Sendable {
    /// When an address is left out, and for how long.
    public struct Options: Sendable, Hashable {
        /// So many failures in a row eject; 1 or more.
        public var failuresInRow: Int
        /// A share of failures over a window ejects, above 0 to 1.
        public var failureShare: Double
        /// The share is judged from so many requests on.
        public var fewestRequests: Int
        /// The window over which the share is taken.
        public var window: Duration
        /// How long the first ejection lasts; the next is twice as long, then thrice, and so on.
        public var ejection: Duration
        /// The longest ejection.
        public var longestEjection: Duration

        /// The options.
        ///
        /// - Parameters:
        ///   - failuresInRow: So many failures in a row eject.
        ///   - failureShare: A share of failures over a window ejects.
        ///   - fewestRequests: The share is judged from so many requests on.
        ///   - window: The window over which the share is taken.
        ///   - ejection: How long the first ejection lasts.
        ///   - longestEjection: The longest ejection.
        public init(
            failuresInRow: Int = 5, failureShare: Double = 0.5, fewestRequests: Int = 20,
            window: Duration = .seconds(10), ejection: Duration = .seconds(30),
            longestEjection: Duration = .seconds(300)
        ) {
            self.failuresInRow = failuresInRow
            self.failureShare = failureShare
            self.fewestRequests = fewestRequests
            self.window = window
            self.ejection = ejection
            self.longestEjection = longestEjection
        }
    }

    /// When it is left out.
    public let options: Options
    /// Until when it is left out; nil when it is taken.
    public private(set) var ejectedUntil: Duration?
    /// How often it was left out, less what was forgotten since.
    public private(set) var ejections = 0
    private var inRow = 0
    private var windowBegan: Duration?
    private var requests = 0
    private var failures = 0
    private var lastEjection: Duration?
    private var isOnTrial = false

    /// An address that nothing is known of.
    public init(_ options: Options = Options()) { self.options = options }

    /// Whether it is taken.
    /// - Parameter now: The time, of a clock that never goes back.
    public func isTaken(at now: Duration) -> Bool { ejectedUntil.map { now >= $0 } ?? true }

    /// Notes how a request went.
    ///
    /// - Parameters:
    ///   - hasFailed: Whether the address is at fault: it could not be connected to, broke off, or answered 5xx.
    ///   - now: The time, of a clock that never goes back.
    /// - Returns: Whether the address is ejected by this.
    @discardableResult
    public mutating func note(hasFailed: Bool, at now: Duration) -> Bool {
        if let until = ejectedUntil {
            // What was under way when it was ejected counts no more.
            guard now >= until else { return false }
            ejectedUntil = nil
            isOnTrial = true
            beginWindow(now)
            inRow = 0
        }
        if let began = windowBegan, now - began < options.window {} else { beginWindow(now) }
        requests += 1
        guard hasFailed else {
            inRow = 0
            isOnTrial = false
            forget(now)
            return false
        }
        failures += 1
        inRow += 1
        let share = Double(failures) / Double(requests)
        guard
            isOnTrial || inRow >= options.failuresInRow
                || (requests >= options.fewestRequests && share >= options.failureShare)
        else { return false }
        ejections += 1
        lastEjection = now
        isOnTrial = false
        ejectedUntil = now + min(options.ejection * ejections, options.longestEjection)
        return true
    }

    private mutating func beginWindow(_ now: Duration) {
        windowBegan = now
        requests = 0
        failures = 0
    }

    /// A quiet period as long as the last ejection makes one of them good.
    private mutating func forget(_ now: Duration) {
        guard ejections > 0, let last = lastEjection else { return }
        guard now - last >= min(options.ejection * ejections, options.longestEjection) * 2 else { return }
        ejections -= 1
        lastEjection = now
    }
}

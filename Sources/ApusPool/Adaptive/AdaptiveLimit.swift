/// Finds how many requests at a time a service can bear, from how long they take: a state machine that is fed with time
/// and samples, and knows no clock.
///
/// The idea is that of TCP Vegas (L. Brakmo, L. Peterson, "TCP Vegas: End to End Congestion Avoidance on a Global
/// Internet", 1995), applied to services as Netflix's *concurrency-limits* does with its gradient ("Performance Under
/// Load", 2018): when a request takes longer than it does on an idle service, it has waited in a queue that the limit let
/// grow. Once in a window the limit becomes
///
///     limit · clamp(tolerance · base / latency, ½ … 1) + √limit,
///
/// smoothed. The base, what a request takes without a queue, is learnt from windows in which the limit was not used, and
/// from probes, windows with a lower limit (as Envoy's adaptive concurrency filter measures its minRTT): without them a
/// lasting overload would be taken for how it always was.
///
/// ```swift
/// var limit = AdaptiveLimit()
/// limit.note(latency: .milliseconds(12), inFlight: 8, at: now)
/// print(limit.current)
/// ```
public struct AdaptiveLimit: Sendable {
    /// How the limit is found.
    public struct Options: Sendable, Hashable {
        /// The limit at the start, 1 or more.
        public var initial: Int
        /// The limit never falls below this, 1 or more.
        public var lowest: Int
        /// The limit never rises above this.
        public var highest: Int
        /// How much longer than without a queue a request may take, as a factor above 1.
        public var tolerance: Double
        /// How much a window moves the limit, above 0 to 1.
        public var smoothing: Double
        /// The shortest time over which samples are gathered.
        public var window: Duration
        /// A window also has so many samples at least.
        public var fewestSamples: Int
        /// After so many windows in which the limit was used, one has a lower limit, to learn the base.
        public var windowsBetweenProbes: Int

        /// The options.
        ///
        /// - Parameters:
        ///   - initial: The limit at the start.
        ///   - lowest: The limit never falls below this.
        ///   - highest: The limit never rises above this.
        ///   - tolerance: How much longer than without a queue a request may take.
        ///   - smoothing: How much a window moves the limit.
        ///   - window: The shortest time over which samples are gathered.
        ///   - fewestSamples: A window also has so many samples at least.
        ///   - windowsBetweenProbes: After so many windows one has a lower limit.
        public init(
            initial: Int = 20, lowest: Int = 4, highest: Int = 10_000, tolerance: Double = 1.5, smoothing: Double = 0.4,
            window: Duration = .milliseconds(100), fewestSamples: Int = 20, windowsBetweenProbes: Int = 40
        ) {
            self.initial = initial
            self.lowest = lowest
            self.highest = highest
            self.tolerance = tolerance
            self.smoothing = smoothing
            self.window = window
            self.fewestSamples = fewestSamples
            self.windowsBetweenProbes = windowsBetweenProbes
        }

        fileprivate func require() {
            precondition(
                lowest >= 1 && initial >= lowest && highest >= initial,
                "an adaptive limit has 1 ≤ lowest ≤ initial ≤ highest")
            precondition(tolerance > 1, "the tolerance is a factor above 1")
            precondition(smoothing > 0 && smoothing <= 1, "the smoothing is above 0 and at most 1")
        }
    }

    /// How the limit is found.
    public private(set) var options: Options
    /// The limit now.
    public var current: Int { isProbing ? max(options.lowest, Int(estimate / 2)) : Int(estimate) }
    /// What a request takes without a queue, as far as it is known; nil before it is.
    public private(set) var base: Duration?
    /// Whether the limit is lower for a window, to learn the base.
    public private(set) var isProbing = false

    private var estimate: Double
    private var windowBegan: Duration?
    private var sum = Duration.zero
    private var samples = 0
    private var dropped = 0
    private var mostInFlight = 0
    private var windowsUsed = 0
    /// Windows to pass by after the limit was changed by a probe: what began before it is in their samples.
    private var settling = 0

    /// A limit that has seen nothing yet.
    ///
    /// - Precondition: `1 ≤ lowest ≤ initial ≤ highest`, the tolerance is above 1, the smoothing above 0 and at most 1.
    public init(_ options: Options = Options()) {
        options.require()
        self.options = options
        estimate = Double(options.initial)
    }

    /// Goes on with other options: what was learnt stays, and so does the limit, within the new bounds. One that is told to
    /// begin elsewhere begins there.
    ///
    /// - Parameter options: How the limit is found from now on.
    /// - Precondition: As for ``init(_:)``.
    public mutating func change(to options: Options) {
        options.require()
        let begins = options.initial != self.options.initial
        self.options = options
        estimate = begins ? Double(options.initial) : clamp(estimate)
    }

    /// Notes a request that is over.
    ///
    /// - Parameters:
    ///   - latency: How long it took.
    ///   - inFlight: How many were in hand when it ended, this one among them.
    ///   - isDropped: Whether it was given up, for it took too long: its latency says nothing then, and the limit falls.
    ///   - now: The time, of a clock that never goes back.
    /// - Returns: Whether ``current`` may have changed.
    @discardableResult
    public mutating func note(
        latency: Duration, inFlight: Int, isDropped: Bool = false, at now: Duration
    ) -> Bool {
        note(total: latency, count: 1, mostInFlight: inFlight, dropped: isDropped ? 1 : 0, at: now)
    }

    /// Notes several requests at once: what a gate has gathered.
    ///
    /// - Parameters:
    ///   - total: How long they took, added up; of those that were not given up.
    ///   - count: How many there were, those given up among them.
    ///   - most: The most that were in hand at a time.
    ///   - given: How many of them were given up.
    ///   - now: The time, of a clock that never goes back.
    /// - Returns: Whether ``current`` may have changed.
    @discardableResult
    public mutating func note(
        total: Duration, count: Int, mostInFlight most: Int, dropped given: Int = 0, at now: Duration
    ) -> Bool {
        let began = windowBegan ?? now
        windowBegan = began
        sum += total
        samples += count - given
        dropped += given
        mostInFlight = max(mostInFlight, most)
        guard now - began >= options.window, samples + dropped >= options.fewestSamples else { return false }
        endWindow()
        windowBegan = now
        sum = .zero
        samples = 0
        dropped = 0
        mostInFlight = 0
        return true
    }

    private mutating func endWindow() {
        if settling > 0 {
            settling -= 1
            return
        }
        if isProbing { return endProbe() }
        let isUsed = Double(mostInFlight) * 2 >= estimate
        if dropped * 10 > samples {
            // Too late to learn anything of a latency: back off as TCP does (RFC 5681).
            estimate = clamp(estimate * 0.8)
            return
        }
        guard samples > 0 else { return }
        let latency = sum / samples
        if base == nil || latency < base! || !isUsed { learn(latency) }
        // What is not used proves nothing, and must not grow: a burst would find it far too high.
        guard isUsed, let base else { return }
        let gradient = min(1, max(0.5, options.tolerance * (base / latency)))
        let next = estimate * gradient + estimate.squareRoot()
        estimate = clamp(estimate * (1 - options.smoothing) + next * options.smoothing)
        windowsUsed += 1
        if windowsUsed >= options.windowsBetweenProbes, Int(estimate) > options.lowest { beginProbe() }
    }

    private mutating func beginProbe() {
        isProbing = true
        windowsUsed = 0
        settling = 1
    }

    /// What was measured with half the limit is nearer to the base than what was believed, if only because it is recent.
    private mutating func endProbe() {
        isProbing = false
        settling = 1
        if samples > 0 { base = sum / samples }
    }

    private mutating func learn(_ latency: Duration) {
        guard let old = base else {
            base = latency
            return
        }
        // Better news is believed sooner than worse.
        base = latency < old ? (old + latency) / 2 : old * 0.9 + latency * 0.1
    }

    private func clamp(_ value: Double) -> Double { min(Double(options.highest), max(Double(options.lowest), value)) }
}

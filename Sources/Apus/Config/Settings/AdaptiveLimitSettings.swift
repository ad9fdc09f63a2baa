import ApusConfiguration
public import ApusPool

/// A limit on requests at a time that finds itself: `adaptiveLimit` in a file. See ``AdaptiveConcurrency``.
///
/// It stands around all routes. Questions after the health and the metrics that the configuration shows are let in even
/// above the limit (`LoadPriority.critical`), for it is in an overload that somebody asks them.
public struct AdaptiveLimitSettings: Equatable, Sendable {
    /// How the limit is found.
    public var options = AdaptiveLimit.Options()
    /// When a client that is turned away may try again, in whole seconds.
    public var retryAfter = Duration.seconds(1)

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(AdaptiveLimitSettings()) {
        $0.value(
            "initial", \.options.initial, .integer(1...10_000_000), live: true,
            "The limit at the start, and when this is changed")
        $0.value("lowest", \.options.lowest, .integer(1...10_000_000), live: true, "The limit never falls below this")
        $0.value("highest", \.options.highest, .integer(1...10_000_000), live: true, "The limit never rises above this")
        $0.value(
            "tolerance", \.options.tolerance, .number(1.01...100), live: true,
            "How much longer than without a queue a request may take, as a factor")
        $0.value("smoothing", \.options.smoothing, .number(0.01...1), live: true, "How much a window moves the limit")
        $0.value(
            "window", \.options.window, .duration(.milliseconds(1) ... .seconds(60)), live: true,
            "The shortest time over which samples are gathered")
        $0.value(
            "fewestSamples", \.options.fewestSamples, .integer(1...1_000_000), live: true,
            "A window has so many samples at least")
        $0.value(
            "windowsBetweenProbes", \.options.windowsBetweenProbes, .integer(1...1_000_000), live: true,
            "After so many windows one has a lower limit, to learn what a request takes without a queue")
        $0.value(
            "retryAfter", \.retryAfter, .duration(.zero ... .seconds(86400)), live: true,
            "When a client that is turned away (503) may try again")
        $0.check { limit, report in
            let options = limit.options
            if options.lowest > options.highest {
                report.reject(
                    "lowest", with: ["highest"], .number("\(options.lowest)"),
                    "above highest, \(options.highest): lower it")
            } else if !(options.lowest...options.highest).contains(options.initial) {
                report.reject(
                    "initial", with: ["lowest", "highest"], .number("\(options.initial)"),
                    "not between lowest, \(options.lowest), and highest, \(options.highest): set it within")
            }
        }
    }

    /// The limit itself.
    ///
    /// - Parameter critical: Paths below which requests are let in even above the limit.
    func middleware(critical paths: [String]) -> AdaptiveConcurrency {
        AdaptiveConcurrency(self) { context in
            paths.contains { context.path == $0 || context.path.hasPrefix($0 + "/") } ? .critical : .normal
        }
    }
}

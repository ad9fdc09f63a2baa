import ApusHTTP
import ApusRuntime

/// The requests of one service, by route: what all its loops count, for a reader on any thread.
///
/// A loop counts into cells of its own, made when a route is first asked for there, and found by the route's place: a
/// request costs a few loads and stores, whatever the number of routes. There are two places for a route, for HEAD may be
/// answered by what GET is registered for, and one for each method of what has no route.
final class RequestMetrics: Sendable {
    /// The cells of one route and method, of all loops.
    final class Series: Sendable {
        let place: Int
        let durations = SharedHistogram()
        private let tallies = Lock<[Tally]>([])

        init(place: Int) { self.place = place }

        func makeTally() -> Tally {
            let tally = Tally(count: RouteMeter.words)
            tallies.withLock { $0.append(tally) }
            return tally
        }

        /// Adds answers up by the first digit of their status: [1xx, 2xx, 3xx, 4xx, 5xx, none].
        func sumByClass() -> [Int] {
            let tallies = self.tallies.withLock { $0 }
            var sums = [Int](repeating: 0, count: 6)
            for index in 0...RouteMeter.unanswered {
                let count = tallies.reduce(0) { $0 + $1.value(at: index) }
                if count > 0 { sums[index < RouteMeter.statuses ? index / 100 : 5] += count }
            }
            return sums
        }

        func sum(at index: Int) -> Int { tallies.withLock { $0.reduce(0) { $0 + $1.value(at: index) } } }
    }

    let routes: [Route]
    private let series = Lock<[Int: Series]>([:])
    private let loops = Lock<[Tally]>([])

    init(_ routes: [Route]) { self.routes = routes }

    /// The number of places.
    var count: Int { 2 * routes.count + HTTPMethod.Kind.allCases.count }

    func series(at place: Int) -> Series {
        series.withLock { all in
            if let found = all[place] { return found }
            let made = Series(place: place)
            all[place] = made
            return made
        }
    }

    /// What a loop counts of all its requests.
    func makeTally() -> Tally {
        let tally = Tally(count: LoopRequestMeters.words)
        loops.withLock { $0.append(tally) }
        return tally
    }

    /// What is counted of all requests, by its place in `LoopRequestMeters`.
    func sum(at index: Int) -> Int { loops.withLock { $0.reduce(0) { $0 + $1.value(at: index) } } }

    /// The method and the route of a place, as they stand in a label.
    func labels(of place: Int) -> (method: String, route: String) {
        guard place < 2 * routes.count else {
            let kind = HTTPMethod.Kind(rawValue: UInt8(place - 2 * routes.count)) ?? .other
            return (kind == .other ? "other" : HTTPMethod(kind).rawValue, Self.noRoute)
        }
        let route = routes[place / 2]
        return (place % 2 == 1 ? "HEAD" : route.method.rawValue, route.pattern.description)
    }

    /// The route in the label of a request that had none: no pattern, for patterns begin with a slash.
    static let noRoute = "none"

    /// Calls `body` for whatever was asked for, in the order of the routes.
    func forEach(_ body: (Series) -> Void) {
        for series in series.withLock({ $0.values.ordered { $0.place < $1.place } }) { body(series) }
    }
}

/// What one loop counts of the requests of one service. Belongs to the loop.
@safe final class LoopRequestMeters {
    /// Requests whose head was whole, those that are over, and the failures by kind.
    static let begun = 0
    static let ended = 1
    static let failures = 2
    static let words = failures + RequestFailure.allCases.count

    private let metrics: RequestMetrics
    private let tally: Tally
    private let unmatched: Int
    // Kept by `kept`, and not counted, for every request goes by them.
    @safe @exclusivity(unchecked) private var meters: ContiguousArray<Unmanaged<RouteMeter>?>
    private var kept: [RouteMeter] = []

    init(_ metrics: RequestMetrics) {
        self.metrics = metrics
        tally = metrics.makeTally()
        unmatched = 2 * metrics.routes.count
        unsafe meters = ContiguousArray(repeating: nil, count: metrics.count)
    }

    @inline(__always) func requestBegan() { tally.add(at: Self.begun) }

    @inline(__always)
    func requestEnded(
        _ context: Context, _ account: RequestAccount, received: Int, sent: Int, nanoseconds: UInt64
    ) {
        tally.add(at: Self.ended)
        if let failure = account.failure { tally.add(at: Self.failures + Int(failure.rawValue)) }
        let kind = context.head.methodKind
        var place = unmatched + Int(kind.rawValue)
        if let route = context.routeReference {
            unsafe route._withUnsafeGuaranteedRef {
                if !$0.isUnmatched { place = 2 * $0.index + (kind == .head && !$0.isForHead ? 1 : 0) }
            }
        }
        let meter = unsafe meters[place] ?? make(at: place)
        unsafe meter._withUnsafeGuaranteedRef {
            $0.count(status: account.status, received: received, sent: sent, nanoseconds: nanoseconds)
        }
    }

    @inline(never)
    private func make(at place: Int) -> Unmanaged<RouteMeter> {
        let meter = RouteMeter(metrics.series(at: place))
        kept.append(meter)
        let reference = unsafe Unmanaged.passUnretained(meter)
        unsafe meters[place] = reference
        return unsafe reference
    }
}

/// What one loop counts of one route and method. Belongs to the loop.
final class RouteMeter {
    /// Answers by status, 100 to 599; then what belongs to none of these.
    static let firstStatus = 100
    static let statuses = 500
    static let otherStatus = 500
    /// Requests that ended before they were answered.
    static let unanswered = 501
    /// Bytes of content.
    static let received = 502
    static let sent = 503
    static let words = 504

    private let tally: Tally
    @safe @exclusivity(unchecked) private var durations: SharedHistogram.Stripe

    init(_ series: RequestMetrics.Series) {
        tally = series.makeTally()
        durations = series.durations.makeStripe()
    }

    @inline(__always)
    func count(status: UInt16, received: Int, sent: Int, nanoseconds: UInt64) {
        let index = Int(status) - Self.firstStatus
        if index >= 0, index < Self.statuses {
            tally.add(at: index)
        } else {
            tally.add(at: status == 0 ? Self.unanswered : Self.otherStatus)
        }
        if received > 0 { tally.add(received, at: Self.received) }
        if sent > 0 { tally.add(sent, at: Self.sent) }
        durations.record(nanoseconds: nanoseconds)
    }
}

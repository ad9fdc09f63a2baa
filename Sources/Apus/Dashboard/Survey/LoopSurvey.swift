import ApusDashboard
import ApusNet
import ApusRuntime
import CSystem

/// What one loop says of itself and of the connections on it.
struct LoopSurvey: Sendable {
    var figures: LoopFigures
    /// What its thread has taken of a processor, in nanoseconds since it began.
    var processor: UInt64
    /// When that was, in nanoseconds of the monotonic clock.
    var at: UInt64
    /// The requests of all its connections, of those too that are gone.
    var requests = 0
    var census = ConnectionCensus()
    var slowest: [SlowRequest] = []
    /// How long the look at its connections has held the loop, all together.
    var cost: UInt64 = 0
}

/// A walk over the connections of a loop that lets the loop go on every tenth of a millisecond, so that nobody waits for
/// it, however many there are. Belongs to the loop.
final class ConnectionWalk {
    private static let slice = UInt64(100_000 * TickRate.perNanosecond)
    private let visit: (ConnectionSight) -> Void
    private let finish: (UInt64) -> Void
    private var cursor = ConnectionTable<Endpoint>.Cursor()
    private var cost: UInt64 = 0

    /// - Parameters:
    ///   - visit: Sees every connection that is there from begin to end, once.
    ///   - finish: Called when all were seen, with the nanoseconds that it took.
    init(visit: @escaping (ConnectionSight) -> Void, finish: @escaping (UInt64) -> Void) {
        self.visit = visit
        self.finish = finish
    }

    /// Goes on, on the loop.
    func step(_ loop: EventLoop) {
        let began = apus_ticks()
        var seen = 0
        let isOver = loop.walkEndpoints(from: &cursor) { endpoint in
            if let sight = ConnectionSight(endpoint) { visit(sight) }
            seen += 1
            return seen & 31 != 0 || apus_ticks() &- began < Self.slice
        }
        cost &+= UInt64(Double(apus_ticks() &- began) / TickRate.perNanosecond)
        if isOver { return finish(cost) }
        let own = LoopBound(self, to: loop)
        loop.execute { loop in own.value.step(loop) }
    }
}

extension LoopSurvey {
    /// Makes a survey on `loop`, over several of its turns.
    static func make(
        of services: [Service], on loop: EventLoop, then done: @escaping @Sendable (LoopSurvey) -> Void
    ) {
        var survey = LoopSurvey(figures: LoopFigures(of: loop), processor: 0, at: 0)
        for service in services {
            let server = ServerLoop.of(service, on: loop)
            survey.requests += server.requestsOfClosed
            if let slowest = server.slowest { survey.slowest += slowest.recent(at: loop.now) }
        }
        let walk = ConnectionWalk { sight in
            guard sight.isServed else { return }
            survey.census.count(sight)
            survey.requests += sight.requests
        } finish: { cost in
            survey.cost = cost
            survey.processor = loop.processorTime
            survey.at = apus_monotonic_nanoseconds()
            done(survey)
        }
        walk.step(loop)
    }
}

/// What the dashboard shows of one second: the event `sample`, and `/api/sample`. Rates are for a second, times are in
/// microseconds, sizes in bytes.
package struct DashboardSample: Codable, Sendable {
    /// Its place since the server began, from 1.
    package var number = 0
    /// When it was taken, in milliseconds since 1970.
    package var at: Int64 = 0
    /// How long it is about, in seconds.
    package var interval = 1.0
    /// Since when the server runs, in seconds.
    package var uptime = 0.0
    /// The program, as `apus 0.1.0`, its driver and where it listens.
    package var server = Server()
    package var requests = Requests()
    package var latency = Latency()
    package var connections = Connections()
    package var loops: [Loop] = []
    package var process = Process()
    package var work = Work()
    package var routes: [RouteRow] = []
    package var slowest: [SlowRequest] = []
    /// The connections of each listener together, and those of each pool.
    package var listeners: [PoolRow] = []
    package var pools: [PoolRow] = []
    /// The adaptive limits; nil where there is none.
    package var limits: [LimitRow]?

    package struct Server: Codable, Sendable {
        package var places: [String] = []
        package var driver = ""
        package var processor = 0
        package var isStopping = false
        /// Which of how many workers has the dashboard; nil for a server alone.
        package var worker: Int?
        package var workers: Int?
        /// Each of the workers, by number. Nil when the sample is about this worker alone, because it has no master any
        /// more.
        package var members: [Member]?
    }

    /// One of several workers.
    package struct Member: Codable, Sendable {
        package var worker = 0
        /// Whether it has answered in time; if not, nothing of it is in the sample.
        package var answers = false
        package var pid: Int?
        package var uptime = 0.0
        package var rate = 0.0
        package var connections = 0
        package var processor = 0.0
        package var resident: Int64 = -1
        package var isStopping = false
    }

    package struct Requests: Codable, Sendable {
        /// All of a second, those too of routes that are not observed.
        package var rate = 0.0
        /// All since the server began.
        package var total = 0
        /// Those of a second that are observed, by the first digit of their status: 1xx to 5xx, and none.
        package var byStatus = [Double](repeating: 0, count: 6)
        /// Those observed that are under way.
        package var inProgress = 0
        /// Bytes of content in a second.
        package var received = 0.0
        package var sent = 0.0
    }

    /// How long the observed requests of the interval took.
    package struct Latency: Codable, Sendable {
        package var count = 0
        package var p50 = 0.0
        package var p90 = 0.0
        package var p99 = 0.0
        package var p999 = 0.0
        package var max = 0.0
        /// How many took so long, by ``DashboardSample/bounds``, and behind these those above all of them.
        package var heat: [Int] = []
    }

    package struct Connections: Codable, Sendable {
        package struct Group: Codable, Sendable {
            package var kind = ""
            package var activity = ""
            package var count = 0
        }
        package var open = 0
        package var opened = 0.0
        package var refused = 0.0
        package var groups: [Group] = []
        /// Whether the loops have been asked in this interval: with very many connections they are not each second.
        package var isFresh = true
    }

    package struct Loop: Codable, Sendable {
        /// Whose it is; nil for a server alone.
        package var worker: Int?
        package var index = 0
        /// Whether it has answered.
        package var answers = true
        /// The part of a processor that it takes, 0 to 1.
        package var processor = 0.0
        package var turns = 0.0
        package var lagP50 = 0.0
        package var lagP99 = 0.0
        package var lagMax = 0.0
        package var requests = 0.0
        package var connections = 0
        package var timers = 0
        package var buffersInUse = 0
        package var buffersCached = 0
        /// The part of the interval's buffers that were at hand, 0 to 1.
        package var bufferHits = 1.0
    }

    package struct Process: Codable, Sendable {
        /// Processors' worth, of all threads.
        package var processor = 0.0
        package var resident: Int64 = -1
        package var descriptors: Int64 = -1
        package var mostDescriptors: Int64 = -1
        package var threads: Int64 = -1
    }

    /// The work-stealing pool.
    package struct Work: Codable, Sendable {
        package var threads = 0
        package var queued = 0
        package var running = 0
        package var completed = 0.0
        package var rejected = 0
    }

    package struct RouteRow: Codable, Sendable {
        package var method = ""
        package var route = ""
        package var rate = 0.0
        package var total = 0
        package var p50 = 0.0
        package var p99 = 0.0
        /// The part of the interval's answers that were 5xx or none.
        package var errors = 0.0
    }

    package struct PoolRow: Codable, Sendable {
        package var name = ""
        package var kind = ""
        /// `healthy`, `degraded`, `overloaded` or `unavailable`.
        package var health = "healthy"
        package var reason = ""
        package var active = 0
        package var idle = 0
        /// The most connections; nil is without limit.
        package var limit: Int?
        package var waiting = 0
        package var opened = 0
        package var rejected = 0
        package var timeouts = 0
        package var failures = 0
    }

    /// A limit on requests at a time that finds itself.
    package struct LimitRow: Codable, Sendable {
        package var name = ""
        /// How many may be in hand now, and how many are.
        package var limit = 0
        package var inFlight = 0
        /// Those let in, and those turned away, in a second, and all that were.
        package var enteredRate = 0.0
        package var shedRate = 0.0
        package var entered = 0
        package var shed = 0
        /// All that were turned away, by priority; none where there are none.
        package var shedByPriority: [String: Int] = [:]
        /// What a request takes without a queue, as far as it is known.
        package var base: Double?
    }

    /// The bounds of the rows of the heat map, in microseconds, four to a decade: 100 ns, which is less than any handler
    /// takes, to 10 s.
    package static let bounds: [Double] = (0...32).map { step in
        var bound = [100.0, 178, 316, 562][step % 4]
        for _ in 0..<(step / 4) { bound *= 10 }
        return bound / 1000
    }
}

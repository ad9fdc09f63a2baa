import ApusDashboard
import ApusRuntime

/// What a worker says of itself to the one that has the dashboard.
struct WorkerReport: Codable, Sendable {
    /// A route with all durations of the interval.
    struct Route: Codable, Sendable {
        var row: DashboardSample.RouteRow
        var durations: PackedHistogram
    }

    var name: WorkerName
    /// Its figures; the routes and the percentiles are those of the histograms.
    var sample: DashboardSample
    var durations: PackedHistogram
    var routes: [Route]
    var news: [DashboardNews]

    init(_ name: WorkerName, _ sample: DashboardSample, _ durations: RequestDurations, news: [DashboardNews]) {
        self.name = name
        self.sample = sample
        self.sample.routes = []
        self.durations = PackedHistogram(durations.whole)
        routes = durations.routes.map { Route(row: $0.row, durations: PackedHistogram($0.durations)) }
        self.news = news
    }

    /// The most news that are told at once.
    static let mostNews = 100
}

/// The durations that a sample was made of.
struct RequestDurations: Sendable {
    struct Route: Sendable {
        var row: DashboardSample.RouteRow
        var durations: HistogramSnapshot
    }

    /// Those of all requests.
    var whole = HistogramSnapshot()
    /// Those of the busiest routes, busiest first.
    var routes: [Route] = []

    /// The most routes that are kept, and that are shown.
    static let mostRoutes = 100
    static let mostShown = 20

    init() {}

    init(_ report: WorkerReport) {
        whole = report.durations.snapshot
        routes = report.routes.map { Route(row: $0.row, durations: $0.durations.snapshot) }
    }

    mutating func sort() {
        routes = routes.ordered {
            ($0.row.rate, $0.row.total, $1.row.route) > ($1.row.rate, $1.row.total, $0.row.route)
        }
    }

    /// The rows that are shown.
    var rows: [DashboardSample.RouteRow] { routes.prefix(Self.mostShown).map(\.row) }
}

/// Which connections of a worker come first.
struct WorkerChoice: Codable, Sendable {
    var name: WorkerName
    var choice: ConnectionChoice
    var missingLoops: [Int]
}

/// What a worker says of some of its connections.
struct WorkerRows: Codable, Sendable {
    var rows: [ConnectionList.Row]
    var missingLoops: [Int]
}

/// What came of closing a connection.
enum ConnectionClosing: String, Codable, Sendable {
    case closing
    /// It was gone already.
    case gone
    /// Its loop does not answer.
    case held
}

/// The same, with whose connection it was.
struct WorkerClosing: Codable, Sendable {
    var outcome: ConnectionClosing
    var address: String
}

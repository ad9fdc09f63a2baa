import Apus

/// A thousand routes as a large service has them, and paths that ask for them.
struct RouteSet {
    let tree: RouteTree
    /// Requests that find a route: for every route one or more, shuffled.
    let found: Requests
    /// Requests that find none, or another method's.
    let missed: Requests
    /// Requests whose path is a route's without parameters.
    let literal: Requests

    init() throws(RouteError) {
        var builder = RouteTree.Builder(trailingSlash: .redirect)
        var random = SplitMix(seed: 2026)
        var found: [(RouteMethod, String)] = []
        var literal: [(RouteMethod, String)] = []
        var value = 0
        func add(_ method: RouteMethod, _ pattern: String) throws(RouteError) {
            try builder.insert(method: method, pattern: pattern, value: value, at: SourcePlace())
            value += 1
            let path = pattern.split(separator: "/", omittingEmptySubsequences: false).map { segment in
                if segment == "**" { return "assets/css/site.css" }
                guard segment.first == ":" else { return String(segment) }
                return String(
                    random.next() % (segment == ":id" ? 10_000_000 : 100_000), radix: segment == ":id" ? 10 : 36)
            }.joined(separator: "/")
            found.append((method, path))
            if !pattern.contains(":"), !pattern.contains("*") { literal.append((method, path)) }
        }
        // 51 resources with 19 routes each, a few of them nested three deep, and pages: 1,000 routes.
        for (index, resource) in Self.resources.enumerated() {
            let prefix = "/api/v\(1 + index % 2)/\(resource)"
            try add(.get, prefix)
            try add(.post, prefix)
            try add(.get, prefix + "/search")
            try add(.get, prefix + "/export")
            try add(.get, prefix + "/:id")
            try add(.put, prefix + "/:id")
            try add(.patch, prefix + "/:id")
            try add(.delete, prefix + "/:id")
            for part in ["comments", "history", "attachments", "permissions"] {
                try add(.get, prefix + "/:id/" + part)
                try add(.post, prefix + "/:id/" + part)
            }
            try add(.get, prefix + "/:id/comments/:comment")
            try add(.delete, prefix + "/:id/comments/:comment")
            try add(.get, prefix + "/:id/files/**")
        }
        for page in 0..<(1000 - value) { try add(.get, "/pages/\(Self.resources[page])-\(page)") }
        tree = builder.build()
        self.found = Requests(found.shuffled(using: &random))
        self.literal = Requests(literal.shuffled(using: &random))
        missed = Requests(
            found.enumerated().map { index, request in
                index % 3 == 0 ? (.trace, request.1) : (request.0, request.1 + "-x/y")
            }.shuffled(using: &random))
    }

    private static let resources = [
        "users", "teams", "projects", "issues", "invoices", "orders", "products", "categories", "payments", "refunds",
        "customers", "suppliers", "warehouses", "shipments", "carriers", "returns", "coupons", "campaigns", "audiences",
        "messages", "templates", "channels", "webhooks", "events", "logs", "metrics", "alerts", "incidents", "runbooks",
        "schedules", "calendars", "meetings", "rooms", "devices", "sensors", "gateways", "firmware", "certificates",
        "keys", "tokens", "sessions", "roles", "policies", "audits", "reports", "dashboards", "queries", "datasets",
        "pipelines", "builds", "deployments",
    ]
}

/// Methods and paths, the paths side by side in one array as requests are in a buffer.
struct Requests {
    var methods: [RouteMethod] = []
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []

    init(_ requests: [(RouteMethod, String)]) {
        for (method, path) in requests {
            methods.append(method)
            let start = bytes.count
            bytes += Array(path.utf8)
            ranges.append(start..<bytes.count)
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same routes in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

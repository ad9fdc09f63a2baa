import ApusDashboard
import ApusNet
import ApusRuntime

/// What of the connections somebody wants to see: `?sort=-age&search=10.0&offset=0&limit=50`.
struct ConnectionQuery: Sendable, Codable {
    enum Key: String, Sendable, Codable, CaseIterable {
        case age, idle, requests, address, `protocol`, state, loop
    }

    static let mostLimit = 500
    static let mostOffset = 10_000
    static let longestSearch = 100

    var key = Key.age
    var isDescending = true
    /// In lower case.
    var search = ""
    /// The connection that is searched for by its id.
    private var name: ConnectionName?
    var offset = 0
    var limit = 50

    /// - Throws: `HTTPError` 400 that names everything that is wrong.
    init(_ query: Query) throws(HTTPError) {
        var mistakes = query.mistakes(knowing: ["sort", "search", "offset", "limit"])
        func number(_ name: String, _ range: ClosedRange<Int>, _ standard: Int) -> Int {
            guard let text = query[name] else { return standard }
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number)
            else {
                mistakes.append("\(name): send a number from \(range.lowerBound) to \(range.upperBound)")
                return standard
            }
            return number
        }
        offset = number("offset", 0...Self.mostOffset, 0)
        limit = number("limit", 1...Self.mostLimit, 50)
        if let sort = query["sort"] {
            isDescending = sort.hasPrefix("-")
            if let key = Key(rawValue: String(sort.dropFirst(isDescending ? 1 : 0))) {
                self.key = key
            } else {
                let keys = Key.allCases.map(\.rawValue).joined(separator: ", ")
                mistakes.append("sort: send one of \(keys), or one with a single - before it, such as -age")
            }
        }
        search = query["search"]?.lowercased() ?? ""
        name = ConnectionName(search)
        if search.utf8.count > Self.longestSearch {
            mistakes.append("search: send at most \(Self.longestSearch) bytes")
        }
        guard mistakes.isEmpty else { throw HTTPError(.badRequest, mistakes.joined(separator: "; ")) }
    }

    /// Whether a connection is meant.
    func matches(_ sight: ConnectionSight, of worker: WorkerName?) -> Bool {
        if search.isEmpty { return true }
        if sight.protocolName.lowercased().contains(search) || sight.activity.name.contains(search) { return true }
        if "loop \(sight.connection.loop.index)" == search { return true }
        if let worker, "worker \(worker.number)" == search { return true }
        if let name, name == ConnectionName(worker: worker, loop: sight.connection.loop.index, id: sight.connection.id)
        {
            return true
        }
        return sight.connection.peerNow?.description.contains(search) ?? false
    }

    /// What it is sorted by, as a number.
    func rank(_ sight: ConnectionSight, of worker: WorkerName?) -> UInt64 {
        let now = sight.connection.loop.tick
        return switch key {
        case .age: sight.began == 0 ? 0 : now &- min(now, sight.began)
        case .idle: sight.active == 0 ? 0 : now &- min(now, sight.active)
        case .requests: UInt64(sight.requests)
        case .protocol:
            // Others by the first letters of their names.
            sight.protocolName.utf8.prefix(7).enumerated().reduce(UInt64(sight.kind.rawValue) << 56) {
                sight.kind == .other ? $0 | UInt64($1.element) << UInt64(48 - 8 * $1.offset) : $0
            }
        case .state: UInt64(sight.activity.rawValue)
        case .loop: UInt64(worker?.number ?? 0) << 32 | UInt64(sight.connection.loop.index)
        case .address:
            switch sight.connection.peerNow {
            case .ipv4(let address, let port)?: UInt64(address.value) << 16 | UInt64(port)
            case .ipv6(let address, _, _)?: address.high
            case .unix?, nil: 0
            }
        }
    }
}

/// The first so many of the connections of one loop, in an order; and how many there are. Belongs to the loop.
struct ConnectionChoice: Sendable, Codable {
    struct Candidate: Sendable, Codable {
        var rank: UInt64
        /// Nil for a server alone.
        var worker: WorkerName?
        var loop: Int
        var id: UInt64

        /// Whether it stands before another one; the place decides between equals, so that pages fit together.
        func precedes(_ other: Candidate, descending: Bool) -> Bool {
            if rank != other.rank { return descending == (rank > other.rank) }
            return (worker?.number ?? 0, loop, id) < (other.worker?.number ?? 0, other.loop, other.id)
        }

        var name: ConnectionName { ConnectionName(worker: worker, loop: loop, id: Endpoint.ID(rawValue: id)) }
    }

    private(set) var candidates: [Candidate] = []
    private(set) var matching = 0
    private(set) var total = 0
    private let most: Int
    private let isDescending: Bool

    init(_ query: ConnectionQuery) {
        most = query.offset + query.limit
        isDescending = query.isDescending
    }

    mutating func look(at sight: ConnectionSight, of worker: WorkerName?, _ query: ConnectionQuery) {
        total += 1
        guard query.matches(sight, of: worker) else { return }
        matching += 1
        candidates.append(
            Candidate(
                rank: query.rank(sight, of: worker), worker: worker, loop: sight.connection.loop.index,
                id: sight.connection.id.rawValue))
        // Twice as many as are wanted, for each sort costs more than what it throws away.
        if candidates.count >= 2 * most + 64 { cut() }
    }

    mutating func cut() {
        candidates.sort { $0.precedes($1, descending: isDescending) }
        candidates.removeLast(max(0, candidates.count - most))
    }

    static func += (left: inout Self, right: Self) {
        left.candidates += right.candidates
        left.matching += right.matching
        left.total += right.total
    }
}

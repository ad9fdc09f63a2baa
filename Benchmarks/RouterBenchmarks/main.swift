// How long the router takes among 1,000 routes: swift run -c release RouterBenchmarks
import Apus

/// Prints the time for one lookup: the best of many rounds, for on a shared machine the rest is somebody else's time.
@inline(__always)
func measure(
    _ name: String, _ requests: Requests, rounds: Int = 400, _ body: (RouteMethod, RawSpan, inout RouteMatch) -> Int
) {
    var match = RouteMatch()
    let clock = ContinuousClock()
    var best = Duration.seconds(1)
    var sum = 0
    var random = SplitMix(seed: 1)
    var order = Array(requests.ranges.indices)
    for _ in 0..<rounds {
        // Another order each round, lest the branch predictor learn it by heart.
        order.shuffle(using: &random)
        let start = clock.now
        let bytes = unsafe requests.bytes.span.bytes
        for index in order {
            sum &+= body(requests.methods[index], bytes.extracting(requests.ranges[index]), &match)
        }
        best = min(best, clock.now - start)
    }
    let tenths = Int(Double(best.components.attoseconds) / 1e8 / Double(requests.ranges.count))
    let bytes = requests.bytes.count / requests.ranges.count
    print("\(name): \(tenths / 10).\(tenths % 10) ns, \(requests.ranges.count) paths of \(bytes) bytes (sum \(sum))")
}

func run() throws(RouteError) {
    let set = try RouteSet()
    let tree = set.tree
    /// What a lookup says, as a number, so that nothing is optimised away.
    func find(_ method: RouteMethod, _ path: RawSpan, _ match: inout RouteMatch) -> Int {
        switch tree.find(method, path: path, into: &match) {
        case .found(let value): value &+ match.count
        case .methodNotAllowed: -1
        default: -2
        }
    }
    print("\(tree.routes.count) routes, a lookup each:")
    measure("  found, all kinds", set.found, find)
    measure("  found, literal", set.literal, find)
    measure("  404 and 405", set.missed, find)
    measure("  is the path plain", set.found) { _, path, _ in RoutePath.isPlain(path) ? 1 : 0 }
}

try run()

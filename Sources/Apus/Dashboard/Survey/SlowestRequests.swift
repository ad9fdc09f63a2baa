import ApusDashboard
import ApusHTTP
import ApusRuntime
import CSystem

/// The slowest requests of the last minute, as one loop has seen them: a few for each ten seconds. Belongs to the loop.
///
/// A request costs a comparison, unless it is slower than all but a few of its ten seconds.
@safe final class SlowestRequests {
    private static let each = 12
    private static let windows = 6
    private static let window: UInt64 = 10_000_000_000

    /// Only what took longer is of interest, in nanoseconds.
    @safe @exclusivity(unchecked) private(set) var threshold: UInt64 = 0
    private var begins: UInt64 = 0
    private var current: [SlowRequest] = []
    private var earlier: [[SlowRequest]] = []

    /// Keeps a request, if it is among the slowest.
    func note(
        _ context: Context, _ account: RequestAccount, on carrier: any RequestCarrier, received: Int64, sent: Int64,
        _ phases: (total: UInt64, receiving: UInt64, first: UInt64)
    ) {
        roll(to: context.loop.now)
        let total = Double(phases.total) / 1000
        if current.count >= Self.each {
            guard let fastest = current.indices.min(by: { current[$0].total < current[$1].total }) else { return }
            guard current[fastest].total < total else { return }
            current.remove(at: fastest)
        }
        let first = min(phases.first, phases.total)
        let receiving = min(phases.receiving, first)
        var slow = SlowRequest.blank
        slow.at = Int64(apus_realtime_nanoseconds() / 1_000_000)
        slow.method = context.method.rawValue
        slow.path = String(decoding: context.path.utf8.prefix(200), as: UTF8.self)
        slow.route = context.route?.pattern.description
        slow.status = Int(account.status)
        slow.total = total
        slow.receiving = Double(receiving) / 1000
        slow.handling = Double(first - receiving) / 1000
        slow.sending = Double(phases.total - first) / 1000
        slow.received = received
        slow.sent = sent
        slow.client = carrier.remoteAddress?.description ?? ""
        slow.version = context.version.description
        slow.loop = context.loop.index
        slow.failure = account.failure?.name.description
        current.append(slow)
        if current.count >= Self.each, let least = current.map(\.total).min() { threshold = UInt64(least * 1000) }
    }

    /// Those of the last minute, slowest first.
    func recent(at now: UInt64) -> [SlowRequest] {
        roll(to: now)
        return (earlier.joined() + current).ordered { $0.total > $1.total }
    }

    private func roll(to now: UInt64) {
        guard now >= begins + Self.window else { return }
        // A time without any request leaves its windows empty.
        let passed = begins == 0 ? 1 : (now - begins) / Self.window
        for step in 0..<min(passed, UInt64(Self.windows)) {
            earlier.append(step == 0 ? current : [])
            if earlier.count >= Self.windows { earlier.removeFirst() }
        }
        begins = begins == 0 ? now : begins + passed * Self.window
        current = []
        threshold = 0
    }
}

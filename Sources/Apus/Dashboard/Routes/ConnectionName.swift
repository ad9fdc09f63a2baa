import ApusDashboard
import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

extension ConnectionList.Row {
    /// On the connection's loop.
    init(_ sight: ConnectionSight, of worker: WorkerName?, _ listeners: [String]) {
        self = .blank
        let connection = sight.connection
        let now = connection.loop.tick
        id = ConnectionName(worker: worker, loop: connection.loop.index, id: connection.id).description
        address = connection.peerNow?.description ?? ""
        listener = sight.listener.flatMap { Int($0) < listeners.count ? listeners[Int($0)] : nil } ?? ""
        `protocol` = sight.protocolName
        state = sight.activity.name
        request = sight.request
        self.worker = worker?.number
        loop = connection.loop.index
        requests = sight.requests
        age = sight.began == 0 ? nil : Double(now - min(now, sight.began)) / 1000
        idle = sight.active == 0 ? nil : Double(now - min(now, sight.active)) / 1000
        queued = connection.queuedCount
        var tcp = apus_tcp()
        unsafe apus_read_tcp(connection.descriptor, &tcp)
        func known(_ value: Int64) -> Int64? { value < 0 ? nil : value }
        roundTrip = known(tcp.round_trip)
        sent = known(tcp.sent)
        received = known(tcp.received)
        sentAgain = known(tcp.sent_again)
    }
}

/// What a connection is called outside of its loop: `1-4a00000007`, loop and place; with several workers
/// `2.4711-1-4a00000007`, for the process that comes after another has connections of the same places.
struct ConnectionName: Codable, Equatable, Sendable, CustomStringConvertible {
    /// Nil for a server alone.
    let worker: WorkerName?
    let loop: Int
    private let place: UInt64

    var endpoint: Endpoint.ID { Endpoint.ID(rawValue: place) }

    init(worker: WorkerName? = nil, loop: Int, id: Endpoint.ID) {
        self.worker = worker
        self.loop = loop
        place = id.rawValue
    }

    /// Nil for what is none.
    init?(_ text: String) {
        var parts = text.split(separator: "-", omittingEmptySubsequences: false)
        var worker: WorkerName?
        if parts.count == 3 {
            let process = parts.removeFirst().split(separator: ".", omittingEmptySubsequences: false)
            guard process.count == 2, let number = Int(process[0]), let pid = Int(process[1]) else { return nil }
            worker = WorkerName(number: number, pid: pid)
        }
        guard parts.count == 2, let loop = Int(parts[0]), loop >= 0, !parts[1].hasPrefix("+"),
            let raw = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(worker: worker, loop: loop, id: Endpoint.ID(rawValue: raw))
    }

    var description: String { (worker.map { "\($0)-" } ?? "") + "\(loop)-\(String(place, radix: 16))" }
}

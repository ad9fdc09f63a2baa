import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// A page of connections: `/api/connections`.
struct ConnectionList: Encodable {
    /// All there are, and those that match the search.
    var total: Int
    var matching: Int
    var offset: Int
    /// Loops that have not answered in time, whose connections are missing.
    var missingLoops: [Int]
    var connections: [Row]

    struct Row: Encodable, Sendable {
        /// What `DELETE /api/connections/…` wants.
        var id: String
        var address: String
        /// Empty for one that another protocol has.
        var listener: String
        var `protocol`: String
        var state: String
        /// What is being answered.
        var request: String?
        var loop: Int
        var requests: Int
        /// Since it began, and since it was last at work, in seconds; nil is unknown.
        var age: Double?
        var idle: Double?
        /// Bytes that wait to be sent.
        var queued: Int
        /// What the system knows: round trip in microseconds, bytes, segments sent again.
        var roundTrip: Int64?
        var sent: Int64?
        var received: Int64?
        var sentAgain: Int64?
    }
}

extension ConnectionList.Row {
    /// On the connection's loop.
    init(_ sight: ConnectionSight, _ listeners: [String]) {
        let connection = sight.connection
        let now = connection.loop.tick
        id = ConnectionName(loop: connection.loop.index, id: connection.id).description
        address = connection.peerNow?.description ?? ""
        listener = sight.listener.flatMap { Int($0) < listeners.count ? listeners[Int($0)] : nil } ?? ""
        `protocol` = sight.protocolName
        state = sight.activity.name
        request = sight.request
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

/// What a connection is called outside of its loop: `1-4a00000007`, loop and place.
struct ConnectionName: CustomStringConvertible {
    let loop: Int
    let id: Endpoint.ID

    init(loop: Int, id: Endpoint.ID) {
        self.loop = loop
        self.id = id
    }

    /// Nil for what is none.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let loop = Int(parts[0]), loop >= 0, !parts[1].hasPrefix("+"),
            let raw = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(loop: loop, id: Endpoint.ID(rawValue: raw))
    }

    var description: String { "\(loop)-\(String(id.rawValue, radix: 16))" }
}

extension Dashboard {
    private static let patience = Duration.seconds(1)

    func registerConnections(on app: Application) {
        app.get("/api/connections") { context async throws -> Response in
            let query = try ConnectionQuery(context.query)
            return try JSON(await list(query, context.loop)).response(to: context)
        }
        app.delete("/api/connections/:id") { context async throws -> Response in
            try await close(context)
        }
    }

    private func close(_ context: Context) async throws -> Response {
        let text = try context.parameters.require("id", as: String.self)
        guard let name = ConnectionName(text) else {
            throw HTTPError(.badRequest, "\(text.prefix(64)) is no connection: take an id of /api/connections")
        }
        let isAbrupt = try context.query.flag("now")
        let address = try await close(name, abruptly: isAbrupt, context.loop)
        let how = isAbrupt ? "at once" : "after what it had in hand"
        sampler.value.tell(.info, "connection", "\(address) was closed from the dashboard, \(how)")
        return Response(.accepted, [.contentType: "application/json"], text: "{\"closing\":\"\(name)\"}\n")
    }

    /// A page of the connections: the loops first say which come first, and then tell of those that are shown.
    private func list(_ query: ConnectionQuery, _ own: EventLoop) async throws(HTTPError) -> ConnectionList {
        guard let server else { throw Self.isGone }
        let loops = server.group.loops
        let choices = await LoopPoll<ConnectionChoice>.ask(loops, from: own, within: Self.patience) { loop, _, answer in
            Self.choose(query, on: loop, answer)
        }
        var all = ConnectionChoice(query)
        for case let choice? in choices { all += choice }
        all.cut()
        let chosen = Array(all.candidates.dropFirst(query.offset))
        let names = server.configuration.listeners.map(\.name)
        let rows = await LoopPoll<[UInt64: ConnectionList.Row]>.ask(loops, from: own, within: Self.patience) {
            loop, _, answer in
            answer(Self.describe(chosen, on: loop, names))
        }
        return ConnectionList(
            total: all.total, matching: all.matching, offset: query.offset,
            missingLoops: loops.indices.filter { choices[$0] == nil || rows[$0] == nil },
            connections: chosen.compactMap { rows[$0.loop]?[$0.id] })
    }

    /// Looks which connections of a loop come first, over several of its turns.
    private static func choose(
        _ query: ConnectionQuery, on loop: EventLoop, _ answer: @escaping @Sendable (ConnectionChoice) -> Void
    ) {
        var choice = ConnectionChoice(query)
        let walk = ConnectionWalk { (sight: ConnectionSight) in
            if sight.isServed { choice.look(at: sight, query) }
        } finish: { _ in
            choice.cut()
            answer(choice)
        }
        walk.step(loop)
    }

    /// What there is to say of those on this loop, as far as they are still there.
    private static func describe(
        _ chosen: [ConnectionChoice.Candidate], on loop: EventLoop, _ listeners: [String]
    ) -> [UInt64: ConnectionList.Row] {
        var rows: [UInt64: ConnectionList.Row] = [:]
        for candidate in chosen where candidate.loop == loop.index {
            guard let endpoint = loop.find(Endpoint.ID(rawValue: candidate.id)), let sight = ConnectionSight(endpoint)
            else { continue }
            rows[candidate.id] = ConnectionList.Row(sight, listeners)
        }
        return rows
    }

    /// Closes a connection, after the requests in hand or at once; the client's address.
    private func close(
        _ name: ConnectionName, abruptly: Bool, _ own: EventLoop
    ) async throws(HTTPError) -> String {
        guard let server else { throw Self.isGone }
        let gone = HTTPError(.notFound, "that connection is gone already")
        guard name.loop < server.group.loops.count else { throw gone }
        let loops = [server.group.loops[name.loop]]
        let answers = await LoopPoll<String?>.ask(loops, from: own, within: Self.patience) { loop, _, answer in
            answer(Self.close(name.id, on: loop, abruptly: abruptly))
        }
        guard let answer = answers[0] else {
            throw HTTPError(.serviceUnavailable, "loop \(name.loop) does not answer: a handler holds it")
        }
        guard let address = answer else { throw gone }
        return address
    }

    /// The client's address; nil when the connection is gone.
    private static func close(_ id: Endpoint.ID, on loop: EventLoop, abruptly: Bool) -> String? {
        guard let endpoint = loop.find(id), let sight = ConnectionSight(endpoint), sight.isServed else { return nil }
        let address = sight.connection.peerNow?.description ?? "a connection"
        if abruptly || sight.kind == .handshake {
            sight.connection.abort()
        } else if let served = sight.connection.handler as? any ServerConnection {
            served.endSoon(sight.connection)
        } else {
            // Whatever is spoken: what was written is sent.
            sight.connection.closeAfterWriting()
        }
        return address
    }

    static let isGone = HTTPError(.serviceUnavailable, "the server has ended")
}

import ApusDashboard
import ApusHTTP
import ApusPool
import ApusRuntime

/// What happens in the pools, each connection that comes and goes too: `/api/events/pools`. Made only while somebody listens
/// there.
extension Dashboard {
    func poolEvents() throws(HTTPError) -> Response {
        let place = try enter()
        guard let server else { throw Self.isGone }
        if let link = server.link, let name = server.workerName, !link.siblings.isEmpty {
            return poolEvents(of: name, link, place)
        }
        let (events, worker) = (server.pools.events(), server.workerName)
        return Response.events { stream in
            defer { withExtendedLifetime(place) {} }
            var next = events.makeAsyncIterator()
            var served: [String: Bool] = [:]
            while let event = await next.next() {
                // The server is not held by who listens to it.
                if served[event.pool] == nil, let server = self.server, let pool = server.pools[event.pool] {
                    served[event.pool] = server.serves(pool)
                }
                let line = PoolLine(event, of: worker, isServed: served[event.pool] ?? false, missed: next.missed)
                try await stream.send(ServerEvent.json(line, type: "pool"))
            }
        }
    }

    /// The same of all workers, which are asked several times a second.
    private func poolEvents(of name: WorkerName, _ link: WorkerLink, _ place: OpenStreams.Place) -> Response {
        let loop = self.loop
        return Response.events { stream in
            defer { withExtendedLifetime(place) {} }
            let feed = PoolEventFeed()
            var seen: [Int: Int] = [:]
            var missed: [Int: Int] = [:]
            while let mine = self.server.map({ feed.take(after: seen[name.pid], of: name, from: $0) }) {
                let question = WorkerQuestion.poolEvents(seen: seen)
                let answers = await link.ask(question, from: loop, within: .milliseconds(500))
                let others = answers.contents.values.compactMap {
                    try? JSONCoding.decode(PoolEventFeed.Part.self, from: $0)
                }
                for part in ([mine] + others).sorted(by: { $0.name.number < $1.name.number }) {
                    seen[part.name.pid] = part.last
                    missed[part.name.number, default: 0] += part.missed
                    for var line in part.lines {
                        missed[part.name.number, default: 0] += line.missed
                        line.missed = missed[part.name.number] ?? 0
                        try await stream.send(ServerEvent.json(line, type: "pool"))
                    }
                }
                try await loop.sleep(for: .milliseconds(200))
            }
        }
    }
}

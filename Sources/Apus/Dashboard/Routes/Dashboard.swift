import ApusDashboard
import ApusHTTP
import ApusNet
import ApusRuntime

/// The routes of the admin listener. Any thread; the handlers are called on the listener's own loop.
struct Dashboard: Sendable {
    let options: AdminOptions
    weak let server: RunningServer?
    let sampler: LoopBound<DashboardSampler>
    let loop: EventLoop
    let sessions = AdminSessions()
    /// Stands before the revisions of pools that no configuration governs.
    let word = String(UInt32.random(in: 1...UInt32.max), radix: 36)
    let listeners = OpenStreams()

    func register(on app: Application) {
        let sampler = self.sampler
        app.use(
            AdminGate(options: options, sessions: sessions) { who in
                sampler.value.noteWrongToken(from: who)
            })
        registerPage(on: app)
        registerNumbers(on: app)
        registerPools(on: app)
        registerConnections(on: app)
        registerConfiguration(on: app)
        registerSession(on: app)
    }

    private func registerPage(on app: Application) {
        app.get("/") { _ in DashboardPage.response(.ok) }
        app.get("/dashboard.css") { _ in DashboardPage.asset(DashboardStyle.text, "text/css; charset=utf-8") }
        app.get("/dashboard.js") { _ in DashboardPage.asset(DashboardScript.text, "text/javascript; charset=utf-8") }
        app.get("/icon.svg") { _ in DashboardPage.asset(DashboardPage.icon, "image/svg+xml") }
    }

    private func registerNumbers(on app: Application) {
        let sampler = self.sampler
        app.get("/api/sample") { _ async throws -> Response in
            await sampler.value.becomeWhole()
            return Response(.ok, [.contentType: "application/json"], body: .bytes(try sampler.value.json()))
        }
        app.get("/api/history") { _ in
            History(
                bounds: DashboardSample.bounds,
                samples: Array(sampler.value.past.suffix(DashboardSampler.mostPast)))
        }
        part(of: app, "/api/loops") { $0.loops }
        part(of: app, "/api/routes") { $0.routes }
        part(of: app, "/api/slowest") { $0.slowest }
        part(of: app, "/api/limits") { $0.limits ?? [] }
        part(of: app, "/api/pools") { $0.pools }
        part(of: app, "/api/listeners") { $0.listeners }
        app.get("/api/news") { _ async -> [DashboardNews] in
            await sampler.value.becomeWhole()
            return Array(sampler.value.news.suffix(100))
        }
        app.get("/api/events") { _ in try events() }
        app.get("/api/events/pools") { _ in try poolEvents() }
    }

    /// A part of the sample at an address of its own.
    private func part<Part: Encodable & Sendable>(
        of app: Application, _ path: String, _ part: @escaping @Sendable (DashboardSample) -> [Part]
    ) {
        let sampler = self.sampler
        app.get(path) { context async throws -> Response in
            await sampler.value.becomeWhole()
            return try JSON(part(sampler.value.sample)).response(to: context)
        }
    }

    /// What was before the first event of a stream.
    private struct History: Encodable {
        var bounds: [Double]
        var samples: [DashboardPast]
    }

    /// A place for one more stream.
    func enter() throws(HTTPError) -> OpenStreams.Place {
        if let place = listeners.enter(atMost: options.mostListeners) { return place }
        throw HTTPError(
            .serviceUnavailable,
            "\(options.mostListeners) streams of events are open: close one, or ask /api/sample",
            fields: [.retryAfter: "5"])
    }

    /// A stream of samples and news; first the last sample and the news that are kept.
    private func events() throws(HTTPError) -> Response {
        let place = try enter()
        let sampler = self.sampler
        return Response.events(EventOptions(slowClients: .dropOldest, mostWaiting: 16, retry: .seconds(2))) { stream in
            defer { withExtendedLifetime(place) {} }
            let now = sampler.value
            now.watch()
            // One of this worker alone would show less than there is; the next is of all.
            if now.isWhole {
                try await stream.send(ServerEvent(String(decoding: now.json(), as: UTF8.self), type: "sample"))
            }
            for one in now.news.suffix(100) {
                try await stream.send(ServerEvent.json(one, type: "news"))
            }
            try await now.hub.send(to: stream)
        }
    }

    private func registerSession(on app: Application) {
        let (options, sessions, sampler) = (self.options, self.sessions, self.sampler)
        app.post("/api/session") { context in
            struct Credentials: Decodable { var token: String }
            guard let token = options.token else { return Response(.noContent) }
            let given: String
            do {
                given = try context.json(as: Credentials.self).token
            } catch let problem as ProblemDetails where !problem.invalidFields.isEmpty {
                let problems = problem.invalidFields.map { Refusal.Problem(path: $0.name, reason: $0.message) }
                return try Self.refuse(problems, status: problem.status, nil, context)
            }
            guard ConstantTime.isEqual(given, to: token) else {
                let who = context.remoteAddress?.description ?? "someone who is gone"
                sampler.value.noteWrongToken(from: who)
                throw HTTPError(
                    .unauthorized, "that is not the token", fields: [.wwwAuthenticate: AdminGate.challenge])
            }
            let cookie = try SetCookie(
                AdminSessions.cookie(for: context), sessions.begin(), maxAge: AdminSessions.lifetime,
                isSecure: context.isSecure, sameSite: .strict)
            return Response(.noContent, [.setCookie: cookie.description])
        }
        app.delete("/api/session") { context in
            let cookie = AdminSessions.cookie(for: context)
            if let session = context.cookies[cookie] { sessions.end(session) }
            let removal = try SetCookie.removal(of: cookie, isSecure: context.isSecure)
            return Response(.noContent, [.setCookie: removal.description])
        }
    }
}

/// How many streams are open. Any thread.
final class OpenStreams: Sendable {
    /// A place, given back when nobody holds it any more: a stream whose client leaves before it begins never runs.
    final class Place: Sendable {
        private let streams: OpenStreams
        fileprivate init(_ streams: OpenStreams) { self.streams = streams }
        deinit { streams.count.withLock { $0 -= 1 } }
    }

    private let count = Lock(0)

    /// Takes a place; nil when there is none.
    func enter(atMost most: Int) -> Place? {
        let isFree = count.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
        return isFree ? Place(self) : nil
    }
}

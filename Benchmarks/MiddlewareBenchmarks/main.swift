// What middleware adds to a request: CPU time of the loop's thread for each, over pipelined requests on one connection, so
// that the system's share is small. The best of several rounds, taken in turns, for on a shared machine the rest is somebody
// else's time.
//
//     swift run -c release MiddlewareBenchmarks [middleware | JSON]

import Apus

private let rounds = 15
private let wanted = CommandLine.arguments.dropFirst().first

/// Who is told of every request of an application.
private enum Observers: CaseIterable {
    case none, metrics, accessLog, both

    func register(on app: Application) throws {
        if self == .metrics || self == .both { app.serveMetrics() }
        if self == .accessLog || self == .both { app.logRequests(to: try AccessLog(to: .file("/dev/null"), .combined)) }
    }
}

private struct Case {
    let name: String
    var middleware: [any Middleware] = []
    var observers = Observers.none
}

/// Each alone, and all together.
private func cases() throws -> [Case] {
    let identity = RequestIdentity()
    let security = SecurityHeaders()
    let cors = try CORS(origins: ["https://a.example", "https://app.example.com"], credentials: true)
    let proxies = TrustedProxies(.privateNetworks)
    let filter = try AddressFilter(denying: AddressSet((0..<200).map { "203.0.\($0).0/25" }))
    let limit = RateLimit(.tokenBucket(RateLimitRule.most, per: .seconds(1)))
    let full: [any Middleware] = [identity, security, cors, limit]
    return [
        Case(name: "none"), Case(name: "request id and trace", middleware: [identity]),
        Case(name: "security headers", middleware: [security]), Case(name: "CORS", middleware: [cors]),
        Case(name: "rate limit", middleware: [limit]), Case(name: "trusted proxies", middleware: [proxies]),
        Case(name: "address filter", middleware: [filter]), Case(name: "entity tag", middleware: [ETags()]),
        Case(name: "metrics", observers: .metrics), Case(name: "access log", observers: .accessLog),
        Case(name: "id, security, CORS, limit", middleware: full),
        Case(name: "the same and metrics", middleware: full, observers: .metrics),
        Case(name: "the same and access log", middleware: full, observers: .both),
        Case(name: "proxies, filter too", middleware: [identity, proxies, filter, security, cors, limit]),
    ]
}

/// An application with the routes that have the same observers, on a loop of its own.
private struct Served {
    let server: RunningServer
    var loop: EventLoop { server.group.loops[0] }
    let client: Client

    init(_ observers: Observers, _ cases: [(Int, Case)]) throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, driver: .epoll)
        let app = Application(configuration)
        try observers.register(on: app)
        for (index, entry) in cases {
            var routes: any Routes = app
            for middleware in entry.middleware { routes = routes.group("", middleware) }
            routes.get("/\(index)/plaintext") { _ in "Hello, World!" }
        }
        server = try app.start()
        client = Client(server.address)
    }

    /// The nanoseconds of its loop's CPU time that one request takes.
    func measure(_ index: Int) async -> Double {
        let one = Array(
            """
            GET /\(index)/plaintext HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n\
            Origin: https://app.example.com\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n
            """.utf8)
        return await client.measure(one, on: loop)
    }
}

private func measureMiddleware() async throws {
    let all = try cases()
    var served: [Observers: Served] = [:]
    for observers in Observers.allCases {
        served[observers] = try Served(observers, all.enumerated().filter { $0.element.observers == observers })
    }
    var best = [Double](repeating: .infinity, count: all.count)
    for _ in 0..<rounds {
        for (index, entry) in all.enumerated() {
            guard let one = served[entry.observers] else { continue }
            best[index] = min(best[index], await one.measure(index))
        }
    }
    for (index, entry) in all.enumerated() {
        let name = entry.name + String(repeating: " ", count: 26 - entry.name.count)
        print("\(name)\(Int(best[index])) ns a request, \(Int(best[index] - best[0])) more than without")
    }
    for each in served.values { each.server.stopNow() }
}

if wanted == nil || wanted == "middleware" { try await measureMiddleware() }
if wanted == nil || wanted == "JSON" { try await JSONCost.measure(rounds: rounds) }

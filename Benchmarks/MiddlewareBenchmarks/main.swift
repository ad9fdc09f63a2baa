// What middleware adds to a request: CPU time of the loop's thread for each, over pipelined requests on one connection, so
// that the system's share is small. The best of several rounds, taken in turns, for on a shared machine the rest is somebody
// else's time.
//
//     swift run -c release MiddlewareBenchmarks

import Apus
import Glibc

private let requestsPerWrite = 64
private let requestsPerRound = 64 * 600
private let rounds = 15

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

private func threadNanoseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// What the loop's thread has used so far.
private func used(by loop: EventLoop) async -> UInt64 {
    await withCheckedContinuation { continuation in
        loop.execute { _ in continuation.resume(returning: threadNanoseconds()) }
    }
}

/// A blocking connection that sends the same again and again, and counts the bytes that come back.
private final class Client {
    let socket: CInt
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    init(_ address: SocketAddress) {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var system = sockaddr_in()
        system.sin_family = sa_family_t(AF_INET)
        system.sin_port = (address.port ?? 0).bigEndian
        system.sin_addr.s_addr = IPv4Address.loopback.value.bigEndian
        let failed = unsafe withUnsafePointer(to: &system) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(failed == 0, "the server can't be reached")
    }

    deinit { close(socket) }

    func write(_ bytes: [UInt8]) {
        let count = unsafe send(socket, bytes, bytes.count, 0)
        precondition(count == bytes.count, "the requests were not taken at once")
    }

    func read(_ count: Int) {
        var left = count
        while left > 0 {
            let got = unsafe recv(socket, &buffer, min(left, buffer.count), 0)
            precondition(got > 0, "the server has closed")
            left -= got
        }
    }

    /// The bytes of one answer.
    func answerCount(_ request: [UInt8]) -> Int {
        write(request)
        let got = unsafe recv(socket, &buffer, buffer.count, 0)
        return got
    }
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
        let answer = client.answerCount(one)
        let many = Array(repeating: one, count: requestsPerWrite).flatMap { $0 }
        let before = await used(by: loop)
        for _ in 0..<(requestsPerRound / requestsPerWrite) {
            client.write(many)
            client.read(answer * requestsPerWrite)
        }
        return Double(await used(by: loop) - before) / Double(requestsPerRound)
    }
}

private let all = try cases()
private var served: [Observers: Served] = [:]
for observers in Observers.allCases {
    served[observers] = try Served(observers, all.enumerated().filter { $0.element.observers == observers })
}
private var best = [Double](repeating: .infinity, count: all.count)
for _ in 0..<rounds {
    for (index, entry) in all.enumerated() {
        best[index] = min(best[index], await served[entry.observers]!.measure(index))
    }
}
for (index, entry) in all.enumerated() {
    let name = entry.name + String(repeating: " ", count: 26 - entry.name.count)
    print("\(name)\(Int(best[index])) ns a request, \(Int(best[index] - best[0])) more than without")
}
for each in served.values { each.server.stopNow() }

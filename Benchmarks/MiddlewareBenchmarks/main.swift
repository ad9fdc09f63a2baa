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

/// The middleware of a route: each alone, and all together.
private func register(_ app: Application) throws -> [(name: String, path: String)] {
    let identity = RequestIdentity()
    let security = SecurityHeaders()
    let cors = try CORS(origins: ["https://a.example", "https://app.example.com"], credentials: true)
    let proxies = TrustedProxies(.privateNetworks)
    let filter = try AddressFilter(denying: AddressSet((0..<200).map { "203.0.\($0).0/25" }))
    let cases: [(String, [any Middleware])] = [
        ("none", []), ("request id and trace", [identity]), ("security headers", [security]),
        ("CORS", [cors]), ("trusted proxies", [proxies]), ("address filter", [filter]), ("entity tag", [ETags()]),
        ("id, security, CORS", [identity, security, cors]),
        ("all of them", [identity, proxies, filter, security, cors]),
    ]
    return cases.enumerated().map { index, entry in
        var routes: any Routes = app
        for middleware in entry.1 { routes = routes.group("", middleware) }
        routes.get("/\(index)/plaintext") { _ in "Hello, World!" }
        return (entry.0, "/\(index)/plaintext")
    }
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
private struct Client: ~Copyable {
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

    mutating func write(_ bytes: [UInt8]) {
        let count = unsafe send(socket, bytes, bytes.count, 0)
        precondition(count == bytes.count, "the requests were not taken at once")
    }

    mutating func read(_ count: Int) {
        var left = count
        while left > 0 {
            let got = unsafe recv(socket, &buffer, min(left, buffer.count), 0)
            precondition(got > 0, "the server has closed")
            left -= got
        }
    }

    /// The bytes of one answer.
    mutating func answerCount(_ request: [UInt8]) -> Int {
        write(request)
        let got = unsafe recv(socket, &buffer, buffer.count, 0)
        return got
    }
}

var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
configuration.loops = LoopGroup.Options(loops: 1, driver: .epoll)
private let app = Application(configuration)
private let cases = try register(app)
private let server = try app.start()
private let loop = server.group.loops[0]
private var best = [Double](repeating: .infinity, count: cases.count)
private var client = Client(server.address)
for _ in 0..<rounds {
    for (index, entry) in cases.enumerated() {
        let one = Array(
            """
            GET \(entry.path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n\
            Origin: https://app.example.com\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n
            """.utf8)
        let answer = client.answerCount(one)
        let many = Array(repeating: one, count: requestsPerWrite).flatMap { $0 }
        let before = await used(by: loop)
        for _ in 0..<(requestsPerRound / requestsPerWrite) {
            client.write(many)
            client.read(answer * requestsPerWrite)
        }
        let taken = Double(await used(by: loop) - before) / Double(requestsPerRound)
        best[index] = min(best[index], taken)
    }
}
for (index, entry) in cases.enumerated() {
    let name = entry.name + String(repeating: " ", count: 24 - entry.name.count)
    print("\(name)\(Int(best[index])) ns a request, \(Int(best[index] - best[0])) more than without")
}
server.stopNow()

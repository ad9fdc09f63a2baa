import Apus
import ApusHTTP
import ApusNet
import ApusRuntime
import Foundation
import Testing

/// A server with a dashboard, both on ports of the system's choice.
struct AdminTesting {
    let server: RunningServer
    let address: SocketAddress
    let admin: SocketAddress

    /// What a request of the dashboard's own page says of itself.
    static let own = ["X-Apus-Admin: 1"]
    /// The same of one that takes back whatever was changed last.
    static let whatever = own + ["If-Match: *"]

    static func run(
        token: String? = nil, names: [String] = [], loops: Int = 1, mostListeners: Int = 32,
        register: (Application) -> Void = { _ in }, _ test: (AdminTesting) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.admin = AdminOptions(port: 0, token: token, names: names)
        configuration.admin?.mostListeners = mostListeners
        configuration.loops = LoopGroup.Options(loops: loops, driver: .epoll, holdLimit: .seconds(60), log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configuration.drainTimeout = .seconds(2)
        let application = Application(configuration)
        application.get("/hello") { _ in "hello" }
        register(application)
        try await serve(application, test)
    }

    /// The same for listeners and a dashboard of a test's own.
    static func run(_ configuration: ServerConfiguration, _ test: (AdminTesting) async throws -> Void) async throws {
        let application = Application(configuration)
        application.get("/hello") { _ in "hello" }
        try await serve(application, test)
    }

    /// The same for a configuration, as `apus serve` has one.
    static func configured(
        _ configuration: Configuration, _ test: (AdminTesting) async throws -> Void
    ) async throws {
        var configuration = configuration
        configuration.listeners[0].port = 0
        configuration.admin = AdminSettings()
        configuration.admin?.port = 0
        configuration.loops.loops = 1
        configuration.takesOverSockets = false
        configuration.log.level = .error
        let application = Application(try configuration.serverConfiguration())
        application.get("/hello") { _ in "hello" }
        try await serve(application, test)
    }

    private static func serve(_ application: Application, _ test: (AdminTesting) async throws -> Void) async throws {
        let server = try application.start()
        do {
            let admin = try #require(server.adminAddress)
            try await withThreadOfItsOwn {
                try await test(AdminTesting(server: server, address: server.address, admin: admin))
            }
        } catch {
            server.stopNow()
            throw error
        }
        server.stopNow()
    }

    /// Asks the admin listener, on a connection of its own.
    func ask(
        _ request: String, _ fields: [String] = [], host: String? = nil, body: String = ""
    ) throws -> Answer {
        let client = try RawClient(admin)
        var head = "\(request) HTTP/1.1\r\nHost: \(host ?? "\(admin)")\r\nConnection: close\r\n"
        for field in fields { head += field + "\r\n" }
        if !body.isEmpty { head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        client.send(head + "\r\n" + body)
        return try client.response()
    }

    /// Asks, and expects a status.
    func expect(
        _ status: Int, _ request: String, _ fields: [String] = [], host: String? = nil, body: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try ask(request, fields, host: host, body: body).status
        #expect(found == status, "\(request) \(fields) \(host ?? "") \(body)", sourceLocation: sourceLocation)
    }

    /// An object of JSON that a GET is answered with.
    func object(_ path: String) throws -> [String: Any] {
        let answer = try ask("GET \(path)")
        #expect(answer.status == 200)
        return try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    /// Waits until the loops have counted what they have answered.
    func endTurn() async {
        for loop in server.group.loops {
            await withCheckedContinuation { done in loop.execute { _ in done.resume() } }
        }
    }

    /// The first sample that is as it should be, of those that the dashboard's stream of events tells; the last of sixty
    /// if none is.
    func sample(when isRight: ([String: Any]) -> Bool) throws -> [String: Any] {
        let client = try RawClient(admin)
        client.send("GET /api/events HTTP/1.1\r\nHost: \(admin)\r\n\r\n")
        #expect(try client.headOnly().status == 200)
        var (text, last, count) = ("", [String: Any](), 0)
        while count < 60 {
            let chunk = try client.chunk()
            try #require(!chunk.isEmpty, "the stream has ended")
            text += String(decoding: chunk, as: UTF8.self)
            while let end = text.firstRange(of: "\n\n") {
                let event = text[..<end.lowerBound]
                text.removeSubrange(..<end.upperBound)
                let lines = event.split(separator: "\n")
                guard lines.contains("event: sample"), let data = lines.first(where: { $0.hasPrefix("data: ") }) else {
                    continue
                }
                let object = try JSONSerialization.jsonObject(with: Data(data.dropFirst(6).utf8))
                last = try #require(object as? [String: Any])
                if isRight(last) { return last }
                count += 1
            }
        }
        return last
    }

    /// A connection that has been answered once.
    func client() throws -> RawClient {
        let client = try RawClient(address)
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 200)
        return client
    }
}

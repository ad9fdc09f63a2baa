import Apus
import Testing

/// Serves an application on a port of the system's choice while `test` runs.
func serving(
    _ register: (Application) throws -> Void, test: (SocketAddress, EventLoop) async throws -> Void
) async throws {
    var configuration = ServerConfiguration(port: 0)
    configuration.loops = LoopGroup.Options(loops: 1, log: .none)
    configuration.log = .none
    configuration.takesOverSockets = false
    let app = Application(configuration)
    try register(app)
    let server = try app.start()
    let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await test(server.address, group.loops[0])) } catch { outcome = .failure(error) }
    group.shutdown()
    await server.stop()
    try outcome.get()
}

/// A response as a test wants it.
struct Answer {
    var status: Int
    var head: String
    var content: String
}

/// Asks an application, each request on a connection of its own.
struct Asker {
    let address: SocketAddress
    let loop: EventLoop

    func callAsFunction(_ target: String, _ fields: String..., method: String = "GET") async throws -> Answer {
        try await send("\(method) \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", fields, content: nil)
    }

    func post(_ target: String, type: String = "text/plain", _ content: String) async throws -> Answer {
        let start = "POST \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        return try await send(start, ["Content-Type: \(type)"], content: content)
    }

    private func send(_ start: String, _ fields: [String], content: String?) async throws -> Answer {
        let connection = try await AsyncConnection.connect(to: address, on: loop)
        await connection.setTimeout(.seconds(20))
        var request = start + fields.map { $0 + "\r\n" }.joined()
        if let content { request += "Content-Length: \(content.utf8.count)\r\n" }
        try await connection.write(request + "\r\n" + (content ?? ""))
        var text = ""
        while let bytes = try await connection.read() { text += bytes.text }
        // A character of Swift is CR and LF together.
        let end = try #require(text.firstRange(of: "\r\n\r\n"))
        let status = try #require(Int(text.dropFirst(9).prefix(3)))
        return Answer(status: status, head: String(text[..<end.lowerBound]), content: String(text[end.upperBound...]))
    }
}

extension Buffer {
    /// The readable bytes as text.
    var text: String { unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}

/// Runs `test` with an application's asker.
func asking(
    _ register: (Application) throws -> Void, test: (Asker) async throws -> Void
) async throws {
    try await serving(register) { address, loop in try await test(Asker(address: address, loop: loop)) }
}

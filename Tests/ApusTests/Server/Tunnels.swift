import Apus

/// What became of the tunnels of a test.
final class TunnelEnds: Sendable {
    private let ends: AsyncStream<String>
    private let sender: AsyncStream<String>.Continuation

    init() { (ends, sender) = AsyncStream<String>.makeStream() }

    func tell(_ end: String) { sender.yield(end) }

    private let gate = AsyncStream<Void>.makeStream()

    /// Lets one go on that waits.
    func open() { gate.continuation.yield() }

    /// Waits until it may go on.
    func wait() async { for await _ in gate.stream { return } }

    /// The next that has ended.
    func next() async -> String? {
        for await end in ends { return end }
        return nil
    }
}

extension Application {
    /// Tunnels for both versions of HTTP.
    func addTunnels(_ ends: TunnelEnds = TunnelEnds()) {
        connect("/echo", protocol: "echo") { context in
            if context.field(.authorization) == "none" { throw HTTPError(.forbidden, "not for you") }
            return Tunnel([.eTag: "\"\(context.connectProtocol ?? "")\""]) { stream in
                do {
                    for try await bytes in stream { try await stream.write(bytes) }
                    ends.tell("ended")
                } catch {
                    ends.tell(Task.isCancelled ? "cancelled" : "failed")
                    throw error
                }
            }
        }
        connect("/echo", protocol: "Shout/2") { _ in
            Tunnel { stream in
                for try await bytes in stream {
                    try await stream.write(bytes.map { (97...122).contains($0) ? $0 - 32 : $0 })
                }
            }
        }
        connect("/rooms/:room", protocol: "echo") { context in
            let room = try context.parameters.require("room", as: String.self)
            return Tunnel { stream in try await stream.write("room \(room)") }
        }
        // Reads nothing until it is let.
        connect("/deaf", protocol: "echo") { _ in
            Tunnel { stream in
                await ends.wait()
                var count = 0
                for try await bytes in stream { count += bytes.count }
                try await stream.write("\(count)")
            }
        }
        connect("/count", protocol: "echo") { _ in
            Tunnel { stream in
                try await stream.write("count: ")
                stream.finish()
                var count = 0
                for try await bytes in stream { count += bytes.count }
                ends.tell("\(count)")
                do { try await stream.write("late") } catch { ends.tell("\(error)") }
            }
        }
        connect("/both", protocol: "echo") { _ in
            Tunnel { stream in
                try await stream.run(
                    reading: { stream in
                        var count = 0
                        for try await bytes in stream { count += bytes.count }
                        ends.tell("\(count)")
                        if count == 1 { throw HTTPError(.conflict) }
                    },
                    writing: { stream in
                        for _ in 0..<10 { try await stream.write([UInt8](repeating: 46, count: 100_000)) }
                        ends.tell("written")
                    })
            }
        }
        connect("/fail", protocol: "echo") { _ in
            Tunnel { stream in
                try await stream.write("so far")
                throw HTTPError(.badGateway)
            }
        }
        connect { context in
            guard context.authority == "allowed:443" else { throw HTTPError(.forbidden, "no way there") }
            return Tunnel { stream in
                for try await bytes in stream { try await stream.write(bytes) }
            }
        }
        get("/echo") { _ in "no tunnel" }
        get("/wrong") { _ in Response(body: .tunnel(Tunnel { _ in })) }
        on(.connect)("/plain") { _ in "no tunnel" }
    }
}

import Apus
import FoundationEssentials

/// What of a request with JSON, and of an answer with it, is ours: beside the same routes whose handlers have Foundation do
/// the same work and throw it away, and beside those that take and give bytes.
enum JSONCost {
    private struct Order: Codable, Sendable {
        struct Item: Codable { var name: String, count: Int, price: Double }
        var id: Int, customer: String, paid: Bool, items: [Item]

        static let one = Order(
            id: 4711, customer: "Ada Lovelace", paid: true,
            items: [
                Item(name: "swift, stuffed", count: 2, price: 12.5), Item(name: "bird bath", count: 1, price: 99),
                Item(name: "nesting box", count: 3, price: 31.75),
            ])
    }

    /// As the framework's, which does not give its own.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }()
    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }()

    static func measure(rounds: Int) async throws {
        let data = try encoder.encode(Order.one)
        let bytes = Array(data)
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, driver: .epoll)
        let app = Application(configuration)
        app.get("/bytes") { _ in bytes }
        app.get("/encoded") { _ in
            guard try encoder.encode(Order.one).count == bytes.count else { throw HTTPError(.internalServerError) }
            return bytes
        }
        app.get("/value") { _ in Order.one }
        app.post("/bytes") { context in
            _ = try context.body.collect()
            return bytes
        }
        app.post("/decoded") { context in
            _ = try context.body.collect()
            guard try decoder.decode(Order.self, from: data).id == 4711 else { throw HTTPError(.internalServerError) }
            return bytes
        }
        app.post("/value") { context in
            let order: Order = try context.json()
            guard order.id == 4711 else { throw HTTPError(.internalServerError) }
            return bytes
        }
        let server = try app.start()
        let client = Client(server.address)

        let routes = ["GET /bytes", "GET /encoded", "GET /value", "POST /bytes", "POST /decoded", "POST /value"]
        var best = [Double](repeating: .infinity, count: routes.count)
        for _ in 0..<rounds {
            for (index, route) in routes.enumerated() {
                var request = Array("\(route) HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n".utf8)
                if index > 2 {
                    request += "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8
                    request += bytes
                } else {
                    request += "\r\n".utf8
                }
                best[index] = min(
                    best[index], await client.measure(request, on: server.group.loops[0], count: 64 * 200))
            }
        }
        server.stopNow()
        for (name, first) in [("an answer", 0), ("content", 3)] {
            let (plain, foundation, ours) = (best[first], best[first + 1] - best[first], best[first + 2])
            print(
                "JSON of \(bytes.count) bytes, \(name): \(Int(ours)) ns a request; Foundation's \(Int(foundation)), "
                    + "ours \(Int(ours - foundation)), of which \(Int(ours - foundation - plain)) more than as bytes")
        }
    }
}

import Apus
import Testing

@Suite("Statuses by which a route states its terms")
struct PolicyTests {
    private func register(_ app: Application) {
        app.get("/feed") { _ -> String in throw HTTPError.upgradeRequired(to: "websocket") }
        let sized = app.group("/sized", options: RouteOptions(requiresLength: true))
        sized.post("/sync") { context in try context.text() }
        sized.post("/async") { context in "\(try await context.body.collect().count)" }
    }

    @Test(
        "a route that requires a length refuses chunks with 411 and closes", arguments: ["/sized/sync", "/sized/async"])
    func lengthRequired(path: String) async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            let answer = try client.response()
            #expect(answer.status == 411 && answer["connection"] == "close")
            #expect(answer.text.contains("Content-Length"))
            #expect(try client.receiveAll() == "")
        }
    }

    @Test("a route that requires a length takes content with one, and a request without content")
    func lengthGiven() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("POST /sized/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try client.response().text == "abc")
            client.send("POST /sized/async HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "0")
        }
    }

    @Test("426 names the protocol to upgrade to, and the connection lives on")
    func upgradeRequired() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            for _ in 0..<2 {
                client.send("GET /feed HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(answer.status == 426 && answer["upgrade"] == "websocket")
                #expect(answer["connection"] == "upgrade")
                #expect(answer.text.contains("websocket"))
            }
        }
    }
}

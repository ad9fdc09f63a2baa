import Apus
import Testing

@Suite("What a handler learns of its request")
struct ContextTests {
    @Test("cookies, forms, queries, fields and addresses are at hand")
    func parts() async throws {
        try await serving(
            { _ in },
            { app in
                app.get("/cookies") { context in "\(context.cookies["a"] ?? "-") \(context.cookies["b"] ?? "-")" }
                app.post("/form") { context in try context.form()["name"] }
                app.post("/async-form") { context in try await context.form()["name"] }
                app.get("/about/:x") { context in
                    "\(context.method) \(context.path) \(context.target) \(context.authority) \(context.version) "
                        + "\(context.remoteAddress?.host ?? "?") \(context.field(.accept) ?? "-") \(context.requestID)"
                }
                app.post("/json") { (context: Context) throws -> Int in
                    struct Point: Decodable { var x: Int }
                    return try context.json(as: Point.self).x
                }
            }
        ) { address in
            let client = try RawClient(address)
            client.send("GET /cookies HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=\"two\"\r\n\r\n")
            #expect(try client.response().text == "1 two")
            for path in ["/form", "/async-form"] {
                client.send(
                    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        + "Content-Length: 16\r\n\r\nname=Ada+L%C3%B6")
                #expect(try client.response().text == "Ada Lö")
            }
            client.send("POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx")
            #expect(try client.response().status == 415)
            client.send(
                "GET /about/%61b?q HTTP/1.1\r\nHost: h:1\r\nAccept: x/y\r\nAccept: z/z\r\nX-Request-ID: id-1\r\n\r\n")
            #expect(try client.response().text == "GET /about/ab /about/%61b?q h:1 HTTP/1.1 127.0.0.1 x/y, z/z id-1")
            for (content, status, part) in [
                ("{\"x\":7}", 200, "7"), ("{\"x\":\"a\"}", 422, "x has the wrong type"), ("{}", 422, "x is missing"),
                ("{", 400, "line 1, column 2"),
            ] {
                client.send("POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)")
                let answer = try client.response()
                #expect(answer.status == status && answer.text.contains(part), "\(content)")
            }
        }
    }

    private final class Keeper { var contexts: [Context] = [] }

    private static func keeper(_ loop: EventLoop) -> Keeper { loop.local(ObjectIdentifier(Keeper.self)) { Keeper() } }

    @Test("a context that a handler kept stays as it was, and answers nothing any more")
    func kept() async throws {
        try await serving(
            { _ in },
            { app in
                app.get("/keep/:id") { context in
                    Self.keeper(context.loop).contexts.append(context)
                    return "kept"
                }
                app.get("/seen") { context in
                    let kept = Self.keeper(context.loop).contexts
                    for context in kept { context.send(Response(text: "late")) }
                    return kept.map(\.path).joined(separator: " ")
                }
            }
        ) { address in
            let client = try RawClient(address)
            for id in 0..<3 {
                client.send("GET /keep/\(id) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.response().text == "kept")
            }
            client.send("GET /seen HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "/keep/0 /keep/1 /keep/2")
        }
    }
}

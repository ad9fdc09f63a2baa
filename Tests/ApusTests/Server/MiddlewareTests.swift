import Apus
import Testing

@Suite("Middleware and groups")
struct MiddlewareTests {
    struct Tag: SynchronousMiddleware {
        let name: String
        func after(_ response: inout Response, _ context: Context) {
            response.fields[.server] = (response.fields[.server] ?? "") + name
        }
    }

    struct Gate: SynchronousMiddleware {
        func before(_ context: Context) -> Response? {
            context.field(.authorization) == nil ? Response(.unauthorized) : nil
        }
    }

    struct Rescue: SynchronousMiddleware {
        func recover(_ error: any Error, _ context: Context) -> Response { Response(.accepted) }
    }

    private func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test("the first middleware is outermost, groups add theirs inside, and handlers of both kinds are wrapped")
    func order() async throws {
        try await serving(
            { _ in },
            { app in
                app.use(Tag(name: "1"), Tag(name: "2"))
                let group = app.group("/g", Tag(name: "3"))
                group.get("/sync") { _ in "x" }
                group.get("/async") { _ async in "x" }
                app.get("/top") { _ in "x" }
            }
        ) { address in
            let client = try RawClient(address)
            for (path, tags) in [("/g/sync", "321"), ("/g/async", "321"), ("/top", "21")] {
                client.send(get(path))
                let answer = try client.response()
                #expect(answer["server"] == tags && answer.text == "x", "\(path)")
            }
        }
    }

    @Test("synchronous middleware leaves a synchronous handler inline; asynchronous middleware puts it on a task")
    func inline() throws {
        let app = Application()
        app.group("", Tag(name: "a")).get("/inline") { _ in "x" }
        #expect(try app.routes().map(\.isSynchronous) == [true])
        app.use { context, next in try await next(context) }
        #expect(try app.routes().map(\.isSynchronous) == [false])
    }

    @Test("middleware may answer by itself, change the request's context, and recover from errors")
    func answers() async throws {
        enum Name: ContextKey { typealias Value = String }
        try await serving(
            { _ in },
            { app in
                app.group("/private", Gate()).get("/x") { _ in "secret" }
                app.group("/rescued", Rescue()).get("/x") { _ -> String in throw HTTPError(.conflict) }
                app.use { context, next in
                    context[Name.self] = "Ada"
                    context.responseFields[.vary] = "Accept"
                    return try await next(context)
                }
                app.get("/name") { context in context[Name.self] ?? "nobody" }
            }
        ) { address in
            let client = try RawClient(address)
            client.send(get("/private/x"))
            #expect(try client.response().status == 401)
            client.send(get("/private/x", "Authorization: yes\r\n"))
            #expect(try client.response().text == "secret")
            client.send(get("/rescued/x"))
            #expect(try client.response().status == 202)
            client.send(get("/name"))
            let named = try client.response()
            #expect(named.text == "Ada" && named["vary"] == "Accept")
        }
    }

    @Test("one function makes the responses of all errors, the server's own too")
    func errors() async throws {
        try await serving(
            { _ in },
            { app in
                app.onError { error, _ in Response(text: "oops \((error as? HTTPError)?.status.code ?? 0)") }
                app.get("/fail") { _ -> String in throw HTTPError(.conflict) }
            }
        ) { address in
            let client = try RawClient(address)
            client.send(get("/fail") + get("/nowhere"))
            #expect(try client.response().text == "oops 409")
            #expect(try client.response().text == "oops 404")
        }
    }

    @Test("mistakes in routes are told all at once, with their places")
    func mistakes() {
        let app = Application()
        app.get("/a/:x") { _ in "" }
        app.get("/a/:y") { _ in "" }
        app.get("no-slash") { _ in "" }
        let error = #expect(throws: RegistrationErrors.self) { try app.routes() }
        #expect(error?.errors.count == 2)
        #expect(error?.description.contains("MiddlewareTests.swift:") == true)
    }

    @Test("blocking work is done off the loop, and its result and error come back")
    func offloading() async throws {
        try await serving(
            { _ in },
            { app in
                app.get("/work") { context in
                    let before = context.loop.isCurrent
                    let elsewhere = try await offload { EventLoop.current == nil }
                    return "\(before) \(elsewhere) \(context.loop.isCurrent)"
                }
                app.get("/fail") { _ in try await offload { () throws -> String in throw HTTPError(.conflict) } }
            }
        ) { address in
            let client = try RawClient(address)
            client.send(get("/work"))
            #expect(try client.response().text == "true true true")
            client.send(get("/fail"))
            #expect(try client.response().status == 409)
        }
    }
}

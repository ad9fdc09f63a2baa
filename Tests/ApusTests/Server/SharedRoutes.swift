import Apus

extension Application {
    /// A route for each way of answering, the same for both versions of HTTP.
    func addSharedRoutes() {
        get("/plaintext") { _ in "Hello, World!" }
        get("/async") { _ async in "Hello, World!" }
        get("/users/:id") { context in "user \(try context.parameters.require("id", as: Int.self))" }
        get("/status") { _ in Status.noContent }
        get("/fail") { _ -> String in throw HTTPError(.conflict, "try another") }
        post("/text") { context in try context.text() }
        post("/collect") { context in "\(try await context.body.collect().count)" }
        post("/echo") { context async in
            let body = context.body
            return Response { writer in
                for try await chunk in body { try await writer.write(chunk) }
            }
        }
        get("/stream") { _ in
            Response { writer in
                for part in ["a", "bc", "def"] { try await writer.write(part) }
                writer.trailers[.eTag] = "\"x\""
            }
        }
        get("/short") { _ in Response(length: 10) { writer in try await writer.write("abc") } }
    }
}

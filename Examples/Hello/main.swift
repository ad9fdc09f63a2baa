import Apus

struct User: Encodable { var id: Int, name: String }

let app = Application()
app.get("/") { _ in "Hello, World!" }
app.get("/users/:id") { context in User(id: try context.parameters.require("id"), name: "Ada") }
app.post("/shout") { context in try await context.text().uppercased() }
try await app.run()

import Apus

struct User: Codable { var id: Int, name: String }
let users = [1: User(id: 1, name: "Ada")]

let app = Application()
app.get("/") { _ in "Hello, World!" }
app.get("/users/:id") { context in users[try context.parameters.require("id", as: Int.self)] }
try await app.run()

import Apus
import ApusRuntime

var c = ServerConfiguration()
var i = 1
if CommandLine.arguments.count > 1, CommandLine.arguments[1] == "serve" { i = 2 }
while i + 1 < CommandLine.arguments.count {
    let v = CommandLine.arguments[i + 1]
    switch CommandLine.arguments[i] {
    case "--port": c.port = UInt16(v)!
    case "--loops": c.loops.loops = Int(v)!
    case "--driver": c.loops.driver = DriverChoice(rawValue: v)!
    default: break
    }
    i += 2
}
let app = Application(c)
app.get("/plaintext") { _ in "Hello, World!" }
app.get("/async") { _ async in "Hello, World!" }
app.get("/users/:id") { context in "user \(try context.parameters.require("id", as: Int.self))" }
app.get("/json") { _ in ["message": "Hello, World!"] }
app.post("/echo") { context in
    let body = context.body
    return "\(try await body.collect().count)"
}
do {
    let s = try app.start()
    print("listening on \(s.address)")
    while true { try await Task.sleep(for: .seconds(1000)) }
} catch { print(error) }

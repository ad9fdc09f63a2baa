import Apus

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
Demo.register(on: app)
try await app.run()

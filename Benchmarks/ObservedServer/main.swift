// What observing requests costs: serves `GET /plaintext` on one loop, observed in the way that is asked for, to be measured
// from outside.
//
//     ObservedServer PORT bare|metrics|log|json|both
//
//     valgrind --tool=callgrind .build/release/ObservedServer 9000 metrics
import Apus
import Glibc

/// Says how it is used, and ends as programs do that were called wrongly.
func usage() -> Never {
    print("ObservedServer PORT bare|metrics|log|json|both")
    exit(64)
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = UInt16(arguments[1]) else { usage() }
var configuration = ServerConfiguration(port: port)
configuration.loops.loops = 1
configuration.loops.driver = .epoll
let app = Application(configuration)
app.get("/plaintext") { _ in "Hello, World!" }
switch arguments[2] {
case "bare": break
case "metrics": app.serveMetrics()
case "log": app.logRequests(to: try AccessLog(to: .file("/dev/null"), .combined))
case "json": app.logRequests(to: try AccessLog(to: .file("/dev/null"), .json))
case "both":
    app.serveMetrics()
    app.logRequests(to: try AccessLog(to: .file("/dev/null"), .combined))
default: usage()
}
try await app.run()

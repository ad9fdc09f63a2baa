import Apus

/// Events to the browser: open http://localhost:8082 in two windows. Everyone sees the same time, and what each says.
var configuration = ServerConfiguration(port: 8082)
let words = CommandLine.arguments
if let place = words.firstIndex(of: "--port"), place + 1 < words.count, let port = UInt16(words[place + 1]) {
    configuration.port = port
}
let hub = EventHub(history: 100)
let ticking = Task { await tick(hub) }
try await application(hub, configuration).run()
ticking.cancel()

import Apus
import ApusTesting
import Testing

/// The text of an application's metrics, as a collector gets it.
struct Scrape {
    let answer: Answer
    let lines: [Substring]

    init(_ address: SocketAddress, accept: String? = nil, path: String = "/metrics") throws {
        let client = try RawClient(address)
        client.send(
            "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + (accept.map { "Accept: \($0)\r\n" } ?? "")
                + "\r\n")
        answer = try client.response()
        lines = answer.text.split(separator: "\n")
    }

    /// The number of the sample of exactly this name and these labels.
    subscript(sample: String) -> Double? {
        lines.first { $0.hasPrefix(sample + " ") }.flatMap { Double($0.dropFirst(sample.count + 1)) }
    }

    /// Whether every line is a comment or a sample as the formats have it, each family stands together, and no sample
    /// comes twice.
    func isWellFormed(openMetrics: Bool) -> Bool {
        var samples: Set<Substring> = []
        var families: Set<Substring> = []
        var family: Substring?
        for line in lines {
            if line == "# EOF" { return openMetrics && line == lines.last }
            if line.hasPrefix("# ") {
                let parts = line.split(separator: " ", maxSplits: 3)
                guard parts.count >= 3, ["HELP", "TYPE", "UNIT"].contains(parts[1]) else { return false }
                if parts[2] != family {
                    guard families.insert(parts[2]).inserted else { return false }
                    family = parts[2]
                }
                continue
            }
            guard let space = line.lastIndex(of: " "), Double(line[line.index(after: space)...]) != nil,
                let family, line.hasPrefix(family), samples.insert(line[..<space]).inserted
            else { return false }
        }
        return !openMetrics
    }
}

/// Serves an application that shows its metrics.
func measuring(
    loops: Int = 1, clock: TestClock? = nil, configure: (inout ServerConfiguration) -> Void = { _ in },
    register: (Application) -> Void = { _ in }, test: (SocketAddress, Application) async throws -> Void
) async throws {
    var kept: Application?
    try await serving(
        loops: loops, clock: clock, configure,
        { app in
            register(app)
            app.serveMetrics()
            kept = app
        }, test: { address in try await test(address, #require(kept)) })
}

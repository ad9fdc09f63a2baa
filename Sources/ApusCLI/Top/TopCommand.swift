import Apus
import ApusArguments
import ApusDashboard
import ApusLoad
import ApusNet
import ApusRuntime

/// `apus top`.
enum TopCommand {
    private static let interval = Duration.seconds(1)
    private static let step = Duration.milliseconds(50)

    /// Shows one screen, or, in a terminal, one after the other until somebody ends it.
    static func run(_ options: TopOptions) async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let client = TopClient(place: options.place, token: try token(options), loop: group.loops[0])
        let first = try await client.sample()
        if options.json { return print(String(decoding: first, as: UTF8.self)) }
        let sample = try decode(first, options.place)
        let news = try await client.news()
        if options.once || !Terminal.isThere {
            return print(TopScreen(sample: sample, news: news).lines.joined(separator: "\n"))
        }
        try await watch(client, from: sample, news)
    }

    /// The token that is shown; nil for none.
    static func token(_ options: TopOptions, environment: [String: String]? = nil) throws -> String? {
        guard let path = options.tokenFile else {
            let variables = environment ?? ProcessEnvironment.variables
            return variables["APUS_ADMIN_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let token = AdminSettings.token(inFile: path) else { throw TopError.tokenFile(path) }
        return token
    }

    private static func decode(_ bytes: [UInt8], _ place: TopPlace) throws(TopError) -> DashboardSample {
        do { return try DashboardSample.decode(bytes) } catch { throw .stranger(place.text) }
    }

    private static func watch(_ client: TopClient, from first: DashboardSample, _ news: [DashboardNews]) async throws {
        let interrupt = Interrupt()
        let terminal = Terminal()
        var screen = TopScreen(sample: first, news: news, isColoured: true)
        screen.rates = [first.requests.rate]
        var size = terminal.size
        var due = ContinuousClock.now + interval
        (screen.columns, screen.rows) = size
        terminal.show(screen.lines)
        while !interrupt.isHeard {
            if let key = terminal.key, key == UInt8(ascii: "q") { return }
            if ContinuousClock.now >= due {
                due = ContinuousClock.now + interval
                do {
                    let sample = try decode(try await client.sample(), client.place)
                    let news = try await client.news()
                    var rates = screen.rates
                    if sample.number != screen.sample.number { rates.append(sample.requests.rate) }
                    screen = TopScreen(
                        sample: sample, news: news, rates: Array(rates.suffix(60)), isColoured: true)
                } catch let error as TopError {
                    // It may begin anew: what was known stays until then.
                    if case .silent = error { screen.trouble = "no answer" } else { throw error }
                }
            } else if terminal.size == size {
                try? await Task.sleep(for: step)
                continue
            }
            size = terminal.size
            (screen.columns, screen.rows) = size
            terminal.show(screen.lines)
        }
    }
}

import ApusNet

/// What every loop of a run must know: the options, made ready.
struct LoadPlan: Sendable {
    let address: SocketAddress
    let request: RequestBlock
    /// Whether the answers have no content, whatever their fields say.
    let isHead: Bool
    let pipeline: Int
    /// Whether requests follow a schedule instead of the answers.
    let hasRate: Bool
    let timeout: Duration

    init(_ options: BenchOptions, content: [UInt8]?, address: SocketAddress) {
        self.address = address
        request = RequestBlock(options, content: content)
        isHead = options.method == "HEAD"
        pipeline = options.pipeline
        hasRate = options.rate != nil
        timeout = options.timeout
    }

    var connectOptions: ConnectOptions {
        var options = ConnectOptions()
        options.timeout = timeout
        return options
    }
}

/// The part of a run that one loop does.
struct LoadShare: Sendable, Equatable {
    var connections: Int
    /// The number of requests; `Int.max` when time ends the run.
    var requests: Int
    /// When the first request is due, behind the start, and the time from each to the next: nanoseconds. With a rate.
    var firstDue: Double
    var interval: Double

    /// Divides a run among loops. No loop is left without a connection, so there may be fewer loops than wanted.
    static func divide(_ options: BenchOptions, among loops: Int) -> [LoadShare] {
        let loops = max(1, min(loops, options.connections))
        let step = 1e9 / Double(options.rate ?? 1)
        return (0..<loops).map { index in
            var requests = Int.max
            if case .requests(let all) = options.extent { requests = part(index, of: all, among: loops) }
            return LoadShare(
                connections: part(index, of: options.connections, among: loops), requests: requests,
                firstDue: step * Double(index), interval: step * Double(loops))
        }
    }

    private static func part(_ index: Int, of whole: Int, among parts: Int) -> Int {
        whole / parts + (index < whole % parts ? 1 : 0)
    }
}

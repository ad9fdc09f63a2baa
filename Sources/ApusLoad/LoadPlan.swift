import ApusHTTP
import ApusNet

/// What every loop of a run must know: the options, made ready.
struct LoadPlan: Sendable {
    let address: SocketAddress
    let connecting: ConnectOptions
    /// The request over HTTP/1.1.
    let request: RequestBlock
    /// The request over HTTP/2; nil when that is not spoken.
    let http2: HTTP2RequestHead?
    /// The content of each request; often empty.
    let content: [UInt8]
    /// Whether the answers have no content, whatever their fields say.
    let isHead: Bool
    /// How many requests may be on their way at once on each connection.
    let depth: Int
    /// Whether requests follow a schedule instead of the answers.
    let hasRate: Bool
    let timeout: Duration

    /// - Parameter connecting: how connections are made; nil for plain ones.
    init(_ options: BenchOptions, content: [UInt8]?, address: SocketAddress, connecting: ConnectOptions? = nil) {
        self.address = address
        self.content = content ?? []
        request = RequestBlock(options, content: content)
        http2 = options.http2 ? HTTP2RequestHead(options, content: content) : nil
        isHead = options.method == "HEAD"
        depth = options.http2 ? options.streams : options.pipeline
        hasRate = options.rate != nil
        timeout = options.timeout
        var plain = ConnectOptions()
        plain.timeout = options.timeout
        self.connecting = connecting ?? plain
    }

    /// The octets of the stage in which a loop gathers what it sends over HTTP/2.
    var stageSize: Int {
        guard let http2 else { return 0 }
        return max(64 << 10, 2 * http2.frameRoom(maxFrameSize: 1 << 14))
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

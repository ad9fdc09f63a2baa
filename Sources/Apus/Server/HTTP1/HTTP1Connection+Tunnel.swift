import ApusHTTP
import ApusNet
import ApusRuntime

/// Tunnels: by CONNECT (RFC 9110, 9.3.6), and by an upgrade to another protocol (7.8). Until the tunnel is open, what the
/// client sends ahead stays with the connection; from then on the connection carries nothing else, and ends with it.
extension HTTP1Connection {
    /// The head of a request for a tunnel is whole.
    func beginTunnel(_ context: Context) {
        context.awaitsContinue = false
        context.body.limit = .max
        context.body.begin(length: nil, transport: self)
        context.contentClock.begin(at: server.loop.tick)
    }

    /// Whether the request in hand is for a tunnel, where a client that has ended its side may yet hear the other.
    var opensTunnel: Bool { context?.route?.tunnel != nil }

    /// The handler takes the tunnel.
    func open(_ tunnel: Tunnel, _ response: Response, _ context: Context) {
        keepsAlive = false
        streamsChunks = false
        writeHead(response, .tunnel, context)
        phase = .tunnel
        context.stream = ResponseStream(sink: self, tunnel: tunnel, of: context)
        tunnelTimer(server.loop.tick)
        connection.startReceiving()
        connection.presentKept()
        if server.isDraining { context.stream?.drain() }
    }

    /// Takes what came through the tunnel; the result is the number of bytes consumed, 0 when the client has to wait.
    func takeTunnelled(_ bytes: RawSpan) -> Int {
        guard let context else { return bytes.byteCount }
        guard !context.body.isFull else {
            connection.pauseReceiving()
            return 0
        }
        if !context.body.append(bytes) { connection.pauseReceiving() }
        return bytes.byteCount
    }
}

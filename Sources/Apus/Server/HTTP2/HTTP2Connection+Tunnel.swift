import ApusHTTP
import ApusNet
import ApusRuntime

/// Tunnels through a stream: CONNECT (RFC 9113, 8.5) and extended CONNECT (RFC 8441). DATA that come before the answer
/// wait, as many as the stream's window lets through.
extension HTTP2Connection {
    /// The head of a request for a tunnel is whole, and its client has not ended its side with it.
    func beginTunnel(_ exchange: HTTP2Exchange, _ context: Context) {
        context.awaitsContinue = false
        context.body.limit = .max
        context.body.begin(length: nil, transport: exchange)
        context.contentClock.begin(at: server.loop.tick)
        exchange.flags.insert(.tunnel)
        // It need not wait for anything more.
        exchange.requestWhole = server.loop.tick
        arm(at: exchange.requestWhole + context.requestTimeout(server.timeouts.request))
        exchange.start(context)
    }

    /// Looks whether anything went through the tunnel lately, if the exchange is one.
    func tunnelTimer(_ exchange: HTTP2Exchange, _ context: Context, _ now: UInt64) {
        guard let stream = context.stream, stream.idleness != nil else { return }
        // What was written at once may take its time to leave; the client's window is watched.
        if !exchange.outgoing.isEmpty { stream.idleness?.noteBytes(at: now) }
        if let rest = stream.idleness?.rest(at: now, server.timeouts.tunnelIdle) { return arm(at: now + rest) }
        exceeded(.tunnelIdleTimeout, ends: false)
        exchange.noteFailure(.timedOut)
        context.body.fail(TunnelIdleness.refusal)
        endStream(HTTP2Error(.cancelled, stream: exchange.id))
    }
}

import ApusNet
import ApusRuntime

/// The limits of time of a connection. It has one timer, for all of them: what it was set for is found when it fires.
extension HTTP1Connection {
    /// The longest time that the timer is set for, in milliseconds: twelve days, half of those that its truncated time
    /// can tell from the past.
    private static let farthest: UInt64 = 1 << 30

    /// Has the timer fire at `tick` or earlier. One that fires early only looks.
    func arm(at tick: UInt64) {
        let tick = min(tick, server.loop.tick + Self.farthest)
        let moment = max(1, UInt32(truncatingIfNeeded: tick))
        guard timerTick == 0 || Int32(bitPattern: moment &- timerTick) < 0 else { return }
        timerTick = moment
        connection.setTimer(at: tick)
    }

    func timerFired(on connection: Connection) {
        timerTick = 0
        let now = server.loop.tick
        if connection.queuedCount > 0 {
            guard let rest = stall.look(connection, at: now, limit: server.timeouts.writeStall) else {
                return writeStalled()
            }
            arm(at: now + rest)
            // What it sends meanwhile has a time of its own.
            if phase == .content { contentTimer(now) }
            // What was written at once may take its time to leave.
            if phase == .tunnel { context?.stream?.idleness?.noteBytes(at: now) }
            return
        }
        stall.ends()
        switch phase {
        case .head:
            if isInHead {
                guard now >= stamp + server.timeouts.head else { return arm(at: stamp + server.timeouts.head) }
                exceeded(.headTimeout)
                // A connection that never said a word is closed without one, but for the farewell of TLS.
                if connection.keptCount == 0 { return connection.closeAfterWriting() }
                timeOut(HTTPError(.requestTimeout, "the request's head took too long: send it at once"))
            } else {
                let due = stamp + server.rules(.http1, of: listener).idle
                guard now >= due else { return arm(at: due) }
                exceeded(.idleTimeout)
                connection.closeAfterWriting()
            }
        case .content: contentTimer(now)
        case .answering: answeringTimer(now)
        case .tunnel: tunnelTimer(now)
        case .closing, .handedOver: connection.close()
        }
    }

    /// Looks whether anything went through the tunnel lately.
    func tunnelTimer(_ now: UInt64) {
        let look = now + server.timeouts.writeStall
        guard let context, let idleness = context.stream?.idleness else { return arm(at: look) }
        if let rest = idleness.rest(at: now, server.timeouts.tunnelIdle) { return arm(at: min(look, now + rest)) }
        exceeded(.tunnelIdleTimeout)
        context.noteFailure(.timedOut)
        context.body.fail(TunnelIdleness.refusal)
        connection.abort()
    }

    private func answeringTimer(_ now: UInt64) {
        guard let context, !context.isAnswered else { return arm(at: now + server.timeouts.writeStall) }
        let due = stamp + context.requestTimeout(server.timeouts.request)
        guard now >= due else { return arm(at: due) }
        keepsAlive = false
        exceeded(.requestTimeout)
        context.noteFailure(.timedOut)
        context.task?.cancel()
        context.send(
            server.service.errorResponse(
                HTTPError(.serviceUnavailable, "the answer took too long: try again later"), context))
        // The handler may yet run for long.
        if context.stream == nil { server.report(context, on: self) }
        arm(at: now + server.timeouts.writeStall)
    }

    /// Answers 408 and closes.
    func timeOut(_ error: HTTPError) {
        let context = server.spareWithoutRequest()
        keepsAlive = false
        context.attach(to: self)
        server.noteBegin(context)
        context.noteFailure(.timedOut)
        context.send(server.service.errorResponse(error, context))
        server.report(context, on: self)
        server.recycleSpare()
        endLingering()
    }
}

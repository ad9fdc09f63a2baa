import ApusNet
import ApusRuntime

/// The limits of time of a connection. It has one timer, for all of them: what it was set for is found when it fires.
extension HTTP1Connection {
    /// Has the timer fire at `tick` or earlier. One that fires early only looks.
    func arm(at tick: UInt64) {
        guard timerTick == 0 || tick < timerTick else { return }
        timerTick = tick
        connection.setTimer(at: tick)
    }

    func timerFired(on connection: Connection) {
        timerTick = 0
        let now = server.loop.tick
        let queued = UInt32(clamping: connection.queuedCount)
        if queued > 0 {
            if queued == queuedAtTimer { return writeStalled() }
            queuedAtTimer = queued
            return arm(at: now + server.timeouts.writeStall)
        }
        queuedAtTimer = 0
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
        case .closing, .handedOver: connection.close()
        }
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

import ApusHTTP
import ApusNet
import ApusRuntime

/// The limits on time of a connection and its streams: one timer for all, which only looks when it fires.
extension HTTP2Connection {
    /// Has the timer fire at `tick` or earlier.
    func arm(at tick: UInt64) {
        guard timing.timer == 0 || tick < timing.timer else { return }
        timing.timer = tick
        connection.setTimer(at: tick)
    }

    func timerFired(on connection: Connection) {
        timing.timer = 0
        let now = server.loop.tick
        let sent = connection.bytesSent
        let held = connection.heldCount
        let taken = sent - (held ?? 0)
        // Where a stream waits for its window, what has filled that must get on, too.
        if connection.queuedCount > 0 || !streams.isEmpty && taken < windowMark {
            let limit = server.timeouts.writeStall
            guard let rest = timing.stall.look(sent: sent, held: held, at: now, limit: limit) else {
                exceeded(.writeStallTimeout)
                isStalled = true
                return connection.abort()
            }
            arm(at: now + rest)
            // Its last answers are still on their way.
            if phase == .closing { return }
        } else {
            timing.stall.ends()
        }
        if phase == .closing { return connection.close() }
        guard lookAtConnection(now) else { return }
        forEachExchange { timerFired($0, now, taken: taken) }
        if phase != .closing, timing.timer == 0 { arm(at: now + server.rules(.http2, of: listener).idle) }
    }

    /// False when the connection ended.
    private func lookAtConnection(_ now: UInt64) -> Bool {
        if awaitsPreface { return endsAt(timing.began + server.timeouts.head, now, .noError, for: .headTimeout) }
        if timing.settingsSent != 0 {
            let due = timing.settingsSent + shared.settingsTimeout
            if now >= due {
                fail(HTTP2Error(.settingsTimeout))
                return false
            }
            arm(at: due)
        }
        if timing.partBegan != 0 {
            let message: StaticString = "A frame or field block took too long; send it at once."
            let due = timing.partBegan + server.timeouts.head
            guard endsAt(due, now, .enhanceYourCalm, message, for: .headTimeout) else { return false }
        }
        if phase == .draining {
            if now < timing.pingSent + Self.drainMilliseconds {
                arm(at: timing.pingSent + Self.drainMilliseconds)
            } else {
                finishDraining()
                if phase == .closing { return false }
            }
        } else if timing.pingSent != 0 {
            guard endsAt(timing.pingSent + shared.pingTimeout, now, .noError, for: .pingTimeout) else { return false }
        }
        if streams.isEmpty {
            streams.trim()
            exchanges = []
            let due = max(timing.idleSince, timing.heard) + server.rules(.http2, of: listener).idle
            return endsAt(due, now, .noError, for: .idleTimeout)
        }
        if shared.pingInterval != .max, timing.pingSent == 0, phase == .open {
            let due = timing.heard + shared.pingInterval
            if now >= due {
                write(17) { $0.appendHTTP2Ping(now, ack: false) }
                timing.pingSent = now
                arm(at: now + shared.pingTimeout)
            } else {
                arm(at: due)
            }
        }
        return true
    }

    /// Ends the connection when it is time; else looks again then.
    private func endsAt(
        _ due: UInt64, _ now: UInt64, _ code: HTTP2ErrorCode, _ message: StaticString = "", for limit: LimitKind
    ) -> Bool {
        guard now >= due else {
            arm(at: due)
            return true
        }
        exceeded(limit)
        close(code, message)
        return false
    }
}

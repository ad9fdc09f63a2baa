import ApusHTTP
import ApusNet
import ApusRuntime

/// The frames that concern the connection, its windows and its streams' ends.
extension HTTP2Connection {
    /// Makes room for a frame of up to `count` bytes where it belongs: behind what was answered before.
    @inline(__always)
    func write(_ count: Int, _ body: (inout Buffer) -> Void) {
        if isStaging, count <= 32 << 10 {
            if server.stage.value.available < count { server.flushStage(to: connection) }
            body(&server.stage.value)
        } else {
            if isStaging { server.flushStage(to: connection) }
            guard connection.isOpen else { return }
            connection.reserve(count)
            body(&connection.output)
        }
    }

    // MARK: Settings

    func takeSettings(_ payload: RawSpan) {
        do throws(HTTP2Error) {
            let change = try peer.apply(payload, from: .client)
            meter(.settings, cost: 1 + change.count / 8)
            if let smallest = change.smallestHeaderTableSize {
                encoder.setTableSizeLimit(Int(smallest))
                encoder.setTableSizeLimit(Int(peer.headerTableSize))
            }
            if change.windowDelta != 0 { try streams.adjustSendWindows(by: change.windowDelta) }
            guard phase != .closing else { return }
            write(HTTP2FrameHeader.size) { $0.appendHTTP2SettingsAck() }
            if change.windowDelta > 0 {
                forEachExchange { enqueue($0) }
                pump()
            }
        } catch {
            fail(error)
        }
    }

    func takeSettingsAck() {
        guard timing.settingsSent != 0 else { return fail(HTTP2Error(.settingsAcknowledgedTwice)) }
        timing.settingsSent = 0
    }

    // MARK: Pings

    func takePing(_ opaque: UInt64) {
        meter(.ping)
        guard phase != .closing else { return }
        write(17) { $0.appendHTTP2Ping(opaque, ack: true) }
    }

    func takePingAck(_ opaque: UInt64) {
        timing.pingSent = 0
        // The timer waits for this answer, which may be later than the next question is due.
        if shared.pingInterval != .max { arm(at: server.loop.tick &+ shared.pingInterval) }
        if opaque == Self.drainPing, phase == .draining { finishDraining() }
    }

    // MARK: Windows

    func takeWindowUpdate(_ id: HTTP2StreamID, _ increment: UInt32) {
        if increment < shared.limits.peer.smallWindowUpdate || expectedUpdates == 0 {
            meter(.smallWindowUpdate)
        } else {
            expectedUpdates &-= 1
        }
        guard phase != .closing else { return }
        if id.isConnection {
            guard sendWindow.increase(by: increment) else { return fail(HTTP2Error(.windowOverflow)) }
            return pump()
        }
        do throws(HTTP2Error) {
            guard let slot = try streams.receiveWindowUpdate(on: id, increment) else { return meter(.ignoredFrame) }
            guard let exchange = exchange(at: slot) else { return }
            enqueue(exchange)
            pump()
        } catch {
            if error.endsConnection { fail(error) } else { endStream(error) }
        }
    }

    /// Tells the client that it may send as much more as was consumed, on the connection and on a stream.
    func consume(_ count: Int, of slot: Int?) {
        guard count > 0 else { return }
        let whole = receiveWindow.consume(count)
        if whole > 0 {
            write(13) { $0.appendHTTP2WindowUpdate(whole, stream: .connection) }
            forEachExchange { resumeContent(of: $0) }
        }
        guard let slot else { return }
        let part = streams[slot].receiveWindow.consume(count)
        guard part > 0, streams[slot].state.canReceive else { return }
        let id = streams[slot].id
        write(13) { $0.appendHTTP2WindowUpdate(part, stream: id) }
        if let exchange = exchange(at: slot) { resumeContent(of: exchange) }
    }

    /// The client may send on a stream again, if both windows are open.
    private func resumeContent(of exchange: HTTP2Exchange) {
        guard let context = exchange.context, context.contentClock.isHeld, receiveWindow.left > 0,
            streams[exchange.slot].receiveWindow.left > 0
        else { return }
        context.contentClock.resume(at: server.loop.tick)
    }

    // MARK: Priorities

    func takePriorityUpdate(_ id: HTTP2StreamID, _ value: RawSpan) {
        meter(.priority)
        do throws(HTTP2Error) {
            try streams.receivePriorityUpdate(for: id, HTTP2Priority(parsing: value))
        } catch {
            fail(error)
        }
    }

    // MARK: Ends

    func takeReset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        do throws(HTTP2Error) {
            guard let slot = try streams.receiveReset(on: id) else { return meter(.ignoredFrame) }
            let exchange = exchange(at: slot)
            exchange?.noteFailure(.cancelled)
            exchange?.cancel(HTTPError(.badRequest, "the client has cancelled the request"))
            meter(.reset)
        } catch {
            fail(error)
        }
    }
}

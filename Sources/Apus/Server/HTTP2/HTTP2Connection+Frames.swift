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
        let change: HTTP2SettingsChange
        do {
            change = try peer.apply(payload, from: .client)
        } catch {
            return fail(error)
        }
        if change.smallestHeaderTableSize != nil { encoder.setTableSizeLimit(Int(peer.headerTableSize)) }
        if change.windowDelta != 0 {
            var isSound = true
            streams.forEach { if !$0.sendWindow.adjust(by: change.windowDelta) { isSound = false } }
            guard isSound else { return fail(HTTP2Error(.windowOverflow)) }
            if change.windowDelta > 0 { wakeStreams() }
        }
        write(HTTP2FrameHeader.size) { $0.appendHTTP2SettingsAck() }
    }

    func takeSettingsAck() {
        guard timing.settingsSent != 0 else { return fail(HTTP2Error(.settingsAcknowledgedTwice)) }
        timing.settingsSent = 0
    }

    // MARK: Pings

    func takePing(_ opaque: UInt64) {
        write(17) { $0.appendHTTP2Ping(opaque, ack: true) }
    }

    func takePingAck(_ opaque: UInt64) {
        timing.pingSent = 0
        if opaque == Self.drainPing, phase == .draining { finishDraining() }
    }

    // MARK: Windows

    func takeWindowUpdate(_ id: HTTP2StreamID, _ increment: UInt32) {
        if id.isConnection {
            guard sendWindow.increase(by: increment) else { return fail(HTTP2Error(.windowOverflow)) }
            pump()
        } else if let stream = streams.find(id) {
            guard stream.sendWindow.increase(by: increment) else {
                return endStream(HTTP2Error(.windowOverflow, stream: id))
            }
            stream.wake()
            pump()
        } else if id > lastStream || !id.isOpened(by: .client) {
            fail(HTTP2Error(.streamIdle))
        }
    }

    /// Tells the client that it may send as much more as was consumed.
    func consume(_ count: Int, of stream: HTTP2Stream?) {
        guard count > 0 else { return }
        let whole = receiveWindow.consume(count)
        if whole > 0 { write(13) { $0.appendHTTP2WindowUpdate(whole, stream: .connection) } }
        guard let stream else { return }
        let part = stream.receiveWindow.consume(count)
        if part > 0, !stream.flags.contains(.remoteEnded) {
            write(13) { $0.appendHTTP2WindowUpdate(part, stream: stream.id) }
        }
    }

    // MARK: Priorities

    func takePriority(_ id: HTTP2StreamID) {}

    func takePriorityUpdate(_ id: HTTP2StreamID, _ value: RawSpan) {}

    // MARK: Ends

    func takeReset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        if let stream = streams.find(id) {
            stream.end(HTTPError(.badRequest, "the client has cancelled the request"))
        } else if id > lastStream || !id.isOpened(by: .client) {
            fail(HTTP2Error(.streamIdle))
        }
    }

    /// The client opens no more streams that we might open; its requests in hand are answered.
    func takeGoAway() {
        if phase == .open { drain(connection) }
    }
}

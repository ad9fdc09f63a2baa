import ApusHTTP
import ApusNet
import ApusRuntime

/// How streams and the connection end: by an error, or because the server stops.
extension HTTP2Connection {
    /// What the PING holds that follows the first GOAWAY.
    static let drainPing: UInt64 = 0x4170_7573_2067_6F65

    /// Ends a stream because of what its client did, or asks it to send the request again elsewhere.
    func endStream(_ error: HTTP2Error) {
        server.service.http2Counts.count(error.violation)
        writeReset(error.stream, error.code)
        if let slot = streams.didReset(error.stream) {
            if let exchange = exchange(at: slot) {
                exchange.noteFailure(error.violation.failure)
                exchange.cancel(HTTPError(.badRequest, "\(error.message)"))
            } else {
                streams.remove(slot)
            }
        }
        if error.violation.isClients { meter(.provokedReset) }
    }

    func writeReset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) { write(13) { $0.appendHTTP2Reset(id, code) } }

    /// Ends the connection because of what the client did: says what, and which requests were served.
    func fail(_ error: HTTP2Error) {
        guard phase != .closing else { return }
        server.service.http2Counts.count(error.violation)
        noteFault("\(error.message)")
        close(error.code, error.message)
    }

    func close(_ code: HTTP2ErrorCode, _ message: StaticString = "") {
        phase = .closing
        write(17 + message.utf8CodeUnitCount) {
            $0.appendHTTP2GoAway(lastStream: streams.lastServedStream, code, debugData: message)
        }
        if isStaging { server.flushStage(to: connection) }
        dropExchanges(code == .noError ? .serverStopped : .protocolViolation)
        connection.closeLingering()
    }

    /// The server stops. The client is told, and may have sent requests meanwhile: these are served until it confirms by
    /// a PING that it knows (RFC 9113, 6.8).
    func drain(_ connection: Connection) {
        guard phase == .open else { return }
        noteDrain()
        // One that has said nothing yet is about to.
        if isUnused { return }
        phase = .draining
        write(34) {
            $0.appendHTTP2GoAway(lastStream: .last, .noError)
            $0.appendHTTP2Ping(Self.drainPing, ack: false)
        }
        timing.pingSent = server.loop.tick
        arm(at: server.loop.tick + Self.drainMilliseconds)
        forEachExchange { $0.context?.stream?.drain() }
    }

    private var isUnused: Bool { awaitsPreface && streams.isEmpty }

    /// One that was of no use yet ends, and one that came after the server began to stop is told now.
    func endIdle(_ connection: Connection) {
        guard phase == .open else { return }
        if isUnused { close(.noError) } else { drain(connection) }
    }

    /// How long a client may take to confirm that it knows of the end.
    static let drainMilliseconds: UInt64 = 500

    /// The client knows of the end: whatever it sends from now on is not served.
    func finishDraining() {
        phase = .finishing
        let last = streams.stopAccepting()
        write(17) { $0.appendHTTP2GoAway(lastStream: last, .noError) }
        endIfDone()
    }
}

extension HTTP2Violation {
    /// Whether the client is at fault, and not this side.
    fileprivate var isClients: Bool { ![.internalError, .refused, .cancelled, .tunnelFailed].contains(self) }

    /// What those who observe are told of a stream that ended so.
    fileprivate var failure: RequestFailure {
        switch self {
        case .internalError, .tunnelFailed: .responseFailed
        case .refused: .serverStopped
        case .cancelled: .cancelled
        default: .protocolViolation
        }
    }
}

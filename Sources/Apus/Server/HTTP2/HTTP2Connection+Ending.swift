import ApusHTTP
import ApusNet
import ApusRuntime

/// How streams and the connection end: by an error, or because the server stops.
extension HTTP2Connection {
    /// What the PING holds that follows the first GOAWAY.
    static let drainPing: UInt64 = 0x4170_7573_2067_6F65

    /// Ends a stream because of what its client did, or asks it to send the request again elsewhere.
    func endStream(_ error: HTTP2Error) {
        server.service.violations.count(error.violation)
        let id = error.stream
        if let stream = streams.find(id) {
            write(13) { $0.appendHTTP2Reset(id, error.code) }
            streams.noteReset(id)
            stream.end(HTTPError(.badRequest, "\(error.message)"))
        } else if id > lastStream {
            // A stream error on a stream that is not open can't be told to anybody.
            fail(HTTP2Error(error.violation))
        } else {
            resetStream(id, error.code)
        }
    }

    /// Ends a stream that is not in hand.
    func resetStream(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        write(13) { $0.appendHTTP2Reset(id, code) }
        streams.noteReset(id)
    }

    /// Ends the connection because of what the client did: says what, and which requests were served.
    func fail(_ error: HTTP2Error) {
        guard phase != .closing else { return }
        server.service.violations.count(error.violation)
        close(error.code, error.message)
    }

    func close(_ code: HTTP2ErrorCode, _ message: StaticString = "") {
        phase = .closing
        write(17 + message.utf8CodeUnitCount) {
            $0.appendHTTP2GoAway(lastStream: lastStream, code, debugData: message)
        }
        if isStaging { server.flushStage(to: connection) }
        streams.removeAll { $0.connectionIsGone() }
        connection.closeLingering()
    }

    /// The server stops. The client is told, and may have sent requests meanwhile: these are served until it confirms by
    /// a PING that it knows (RFC 9113, 6.8).
    func drain(_ connection: Connection) {
        guard phase == .open || phase == .preface else { return }
        if phase == .preface { return close(.noError) }
        phase = .draining
        write(34) {
            $0.appendHTTP2GoAway(lastStream: .last, .noError)
            $0.appendHTTP2Ping(Self.drainPing, ack: false)
        }
        timing.pingSent = server.loop.tick
        arm(at: server.loop.tick + Self.drainMilliseconds)
    }

    /// How long a client may take to confirm that it knows of the end.
    static let drainMilliseconds: UInt64 = 500

    /// The client knows of the end: whatever it sends from now on is not served.
    func finishDraining() {
        phase = .finishing
        write(17) { $0.appendHTTP2GoAway(lastStream: lastStream, .noError) }
        endIfDone()
    }
}

import ApusHTTP
import ApusNet
import ApusRuntime

/// The contents that wait for windows and room, and whose turn it is.
extension HTTP2Connection {
    /// Has the stream sent when it is its turn.
    func queue(_ stream: HTTP2Stream) {
        guard !stream.flags.contains(.queued) else { return }
        stream.flags.insert(.queued)
        stream.sentAt = server.loop.tick
        arm(at: stream.sentAt + server.timeouts.writeStall)
        ready.append(stream)
    }

    func unqueue(_ stream: HTTP2Stream) {
        stream.flags.remove(.queued)
        ready.removeAll { $0 === stream }
    }

    /// All streams have more window than before.
    func wakeStreams() {
        streams.forEach { $0.wake() }
        pump()
    }

    /// Sends what waits, in frames of many streams, as far as windows and the connection's room allow.
    func pump() {
        while !ready.isEmpty, phase != .closing {
            guard connection.isOpen, connection.isWritable else { return }
            let stream = ready.removeFirst()
            stream.flags.remove(.queued)
            guard !stream.flags.contains(.closed) else { continue }
            guard sendTurn(of: stream) else { return ready.insert(stream, at: 0) }
        }
    }

    /// Sends a frame of the stream; false when it has to wait for the connection's window.
    private func sendTurn(of stream: HTTP2Stream) -> Bool {
        let wanted = stream.outgoing.count
        let isLast: Bool
        if wanted > 0 {
            let allowed = min(wanted, Self.largestFrame, stream.sendWindow.available)
            // One that waits for its own window comes back when that opens.
            guard allowed > 0 else { return true }
            let count = min(allowed, sendWindow.available)
            guard count > 0 else {
                stream.flags.insert(.queued)
                return false
            }
            isLast = count == wanted && stream.flags.contains(.contentEnded) && stream.trailers.isEmpty
            guard writeData(count, of: stream, endsStream: isLast) else { return true }
            stream.sendWindow.spend(count)
            sendWindow.spend(count)
            stream.sentAt = server.loop.tick
            stream.contentSent()
            if count < wanted {
                queue(stream)
                return true
            }
        } else {
            isLast = false
        }
        guard stream.flags.contains(.contentEnded) else { return true }
        if !isLast { writeEnd(of: stream) }
        stream.end()
        return true
    }

    private func writeData(_ count: Int, of stream: HTTP2Stream, endsStream: Bool) -> Bool {
        var isSound = true
        write(HTTP2FrameHeader.size + count) { buffer in
            let before = buffer.count
            buffer.appendHTTP2DataHeader(count: count, stream: stream.id, endsStream: endsStream)
            isSound = stream.outgoing.move(count, to: &buffer)
            if !isSound { buffer.truncate(to: before) }
        }
        if !isSound {
            server.loop.log(.error, "a response broke off: its file is shorter than it was, or can't be read")
            endStream(HTTP2Error(.internalError, stream: stream.id))
        }
        return isSound
    }

    /// Writes what ends a stream whose content is sent: trailers, or an empty DATA frame.
    private func writeEnd(of stream: HTTP2Stream) {
        if stream.trailers.isEmpty {
            write(HTTP2FrameHeader.size) { $0.appendHTTP2DataHeader(count: 0, stream: stream.id, endsStream: true) }
        } else {
            writeTrailers(stream.id, stream.trailers)
        }
    }

    /// A stream has ended.
    func streamEnded() {
        if streams.count == 0 { timing.idleSince = server.loop.tick }
        endIfDone()
    }
}

import ApusHTTP
import ApusNet
import ApusRuntime

/// The contents that wait for windows and room, and whose turn it is (RFC 9218, 10).
extension HTTP2Connection {
    /// Something was added to what the exchange has to send, or that was all.
    func sendContent(of exchange: HTTP2Exchange) {
        if exchange.outgoing.isEmpty {
            if exchange.flags.contains(.contentEnded) { endContent(of: exchange) }
        } else {
            exchange.stall.waits(at: server.loop.tick)
            arm(at: server.loop.tick + shared.windowStall)
            enqueue(exchange)
            pump()
        }
    }

    /// Has the exchange sent when it is its turn, if its window is open.
    func enqueue(_ exchange: HTTP2Exchange) {
        guard !exchange.outgoing.isEmpty, streams[exchange.slot].sendWindow.available > 0 else { return }
        streams.enqueue(exchange.slot)
    }

    /// Sends what waits, a frame of each whose turn it is, as far as the connection's window and room allow.
    func pump() {
        guard !isPumpDeferred else { return }
        while !streams.isSendQueueEmpty, sendWindow.available > 0, phase != .closing {
            guard connection.isOpen, connection.isWritable, let slot = streams.nextToSend() else { return }
            guard let exchange = exchange(at: slot) else { return streams.dequeue(slot) }
            sendFrame(of: exchange)
        }
    }

    private func sendFrame(of exchange: HTTP2Exchange) {
        let slot = exchange.slot
        let waiting = exchange.outgoing.count
        let count = min(waiting, Self.largestFrame, streams[slot].sendWindow.available, sendWindow.available)
        let isLast = count == waiting && exchange.flags.contains(.contentEnded) && exchange.trailers.isEmpty
        guard writeData(count, of: exchange, endsStream: isLast) else {
            server.loop.log(.error, "a response broke off: its file is shorter than it was, or can't be read")
            return endStream(HTTP2Error(.internalError, stream: exchange.id))
        }
        streams[slot].sendWindow.spend(count)
        if streams[slot].sendWindow.available <= 0 {
            windowMark = writtenCount
            exchange.windowMark = windowMark
        }
        spendWindow(count)
        if exchange.outgoing.isEmpty {
            exchange.stall.ends()
            streams.dequeue(slot)
        } else {
            exchange.stall.sent(count, limits: shared.limits.peer, at: server.loop.tick)
            if streams[slot].sendWindow.available == 0 { streams.dequeue(slot) }
        }
        if isLast {
            exchange.didSendEnd()
        } else if exchange.outgoing.isEmpty, exchange.flags.contains(.contentEnded) {
            endContent(of: exchange)
        } else {
            exchange.didSendContent()
        }
    }

    /// Bytes of the connection that were written so far, whether they have left or not.
    var writtenCount: Int {
        connection.bytesSent + connection.queuedCount + (isStaging ? server.stage.value.count : 0)
    }

    /// Whether it is the client's window that holds a stream's content back. It is not, while the client still takes what
    /// has filled the window, however slowly, nor while the content waits for room or for its turn.
    func isHeldByWindow(_ exchange: HTTP2Exchange, taken: Int) -> Bool {
        if streams[exchange.slot].sendWindow.available <= 0 { return taken >= exchange.windowMark }
        return sendWindow.available <= 0 && taken >= windowMark
    }

    private func writeData(_ count: Int, of exchange: HTTP2Exchange, endsStream: Bool) -> Bool {
        var isSound = true
        write(HTTP2FrameHeader.size + count) { buffer in
            let before = buffer.count
            buffer.appendHTTP2DataHeader(count: count, stream: exchange.id, endsStream: endsStream)
            isSound = exchange.outgoing.move(count, to: &buffer)
            if !isSound { buffer.truncate(to: before) }
        }
        return isSound
    }

    /// Writes what ends a stream whose content is sent: trailers, or an empty DATA frame.
    private func endContent(of exchange: HTTP2Exchange) {
        if exchange.trailers.isEmpty {
            write(HTTP2FrameHeader.size) {
                $0.appendHTTP2DataHeader(count: 0, stream: exchange.id, endsStream: true)
            }
        } else {
            writeTrailers(exchange.id, exchange.trailers)
        }
        exchange.didSendEnd()
    }
}

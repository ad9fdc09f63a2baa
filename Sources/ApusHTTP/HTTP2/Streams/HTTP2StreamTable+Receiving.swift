/// What the HEADERS of a stream are; the numbers are slots in the ``HTTP2StreamTable``.
@frozen public enum HTTP2HeadersMeaning: Equatable, Sendable {
    /// A request, on a stream that this has opened.
    case request(Int)
    /// The head of a response, which may be an interim one; tell the stream when the final one has come.
    case response(Int)
    /// The trailers, which end the peer's message.
    case trailers(Int)
    /// Nothing: the stream was reset here, or came after GOAWAY. The block must be decoded all the same.
    case ignored
}

// What each frame does in each state (RFC 9113, 5.1).
//
//   received         idle              open, half-closed (local)  half-closed (remote)  closed            reset by us
//   HEADERS          opens, or refused trailers                   STREAM_CLOSED         STREAM_CLOSED *   ignored
//   DATA             PROTOCOL_ERROR *  taken                      STREAM_CLOSED         STREAM_CLOSED     ignored
//   RST_STREAM       PROTOCOL_ERROR *  closes                     closes                ignored           ignored
//   WINDOW_UPDATE    PROTOCOL_ERROR *  taken                      taken                 ignored           ignored
//   PRIORITY         ignored           ignored                    ignored               ignored           ignored
//   PRIORITY_UPDATE  kept              taken                      taken                 ignored           ignored
//
//   * ends the connection; the others end the stream.
extension HTTP2StreamTable {
    /// Takes the HEADERS of a stream, once their block is whole. Whatever comes of it, the block must be decoded.
    ///
    /// - Parameters:
    ///   - id: The stream.
    ///   - endsStream: Whether they have END_STREAM.
    /// - Returns: What they are.
    /// - Throws: an error that ends the stream, which is then to be reset, or the connection.
    public mutating func receiveHeaders(
        on id: HTTP2StreamID, endsStream: Bool
    ) throws(HTTP2Error) -> HTTP2HeadersMeaning {
        if id > lastPeerStream, id.isOpened(by: role.peer) { return try open(id, endsStream) }
        guard let slot = slot(of: id) else {
            if let error = refusalOfHeaders(on: id) { throw error }
            return .ignored
        }
        guard self[slot].state.canReceive else {
            if resets.contains(id) { return .ignored }
            throw HTTP2Error(.streamClosed, stream: id)
        }
        let isTrailer = self[slot].marks.contains(.hasHead)
        if isTrailer, !endsStream { throw HTTP2Error(.trailersWithoutEnd, stream: id) }
        if endsStream {
            guard !isTrailer || self[slot].receiveContent(0, ends: true) else {
                throw HTTP2Error(.contentLengthMismatch, stream: id)
            }
            self[slot].state = self[slot].state.afterReceivedEnd
        }
        return isTrailer ? .trailers(slot) : .response(slot)
    }

    /// Opens a stream of the peer's.
    @inline(__always)
    private mutating func open(_ id: HTTP2StreamID, _ endsStream: Bool) throws(HTTP2Error) -> HTTP2HeadersMeaning {
        let distance = UInt64((id.rawValue &- lastPeerStream.rawValue &+ 1) &>> 1)
        opened = distance < 64 ? opened &<< distance | 1 : 1
        lastPeerStream = id
        if id > lastAcceptedStream { return .ignored }
        guard peerCount < peerStreamLimit else { throw HTTP2Error(.tooManyStreams, stream: id) }
        let slot = insert(id, state: endsStream ? .halfClosedRemote : .open)
        self[slot].didReceiveHead()
        if let priority = early.take(id) { self[slot].priority = priority }
        return .request(slot)
    }

    /// Takes DATA, after the connection's window has. Nothing is consumed yet: of a piece that is taken the padding is,
    /// on both windows, and the rest when the application has; of one that is ignored or refused all of
    /// ``HTTP2DataPiece/flowControlled``, on the connection's.
    ///
    /// - Returns: The stream's slot; nil when the piece is to be ignored, as those that follow it.
    /// - Throws: an error that ends the stream, which is then to be reset, or the connection.
    @inline(__always)
    public mutating func receiveData(_ piece: HTTP2DataPiece) throws(HTTP2Error) -> Int? {
        guard let slot = slot(of: piece.stream), self[slot].state.canReceive, self[slot].marks.contains(.hasHead) else {
            if let error = refusalOfData(on: piece.stream) { throw error }
            return nil
        }
        guard self[slot].receiveWindow.receive(piece.flowControlled) else {
            throw HTTP2Error(.windowExceeded, stream: piece.stream)
        }
        guard self[slot].receiveContent(piece.bytes.count, ends: piece.endsStream) else {
            throw HTTP2Error(.contentLengthMismatch, stream: piece.stream)
        }
        if piece.endsStream { self[slot].state = self[slot].state.afterReceivedEnd }
        return slot
    }

    /// Takes RST_STREAM: the stream is closed and leaves the send queue.
    /// - Returns: The slot to remove once nothing here needs it; nil when the stream had ended.
    /// - Throws: an error that ends the connection when the stream was never opened.
    public mutating func receiveReset(on id: HTTP2StreamID) throws(HTTP2Error) -> Int? {
        guard let slot = slot(of: id) else {
            if isIdle(id) { throw HTTP2Error(.streamIdle) }
            return nil
        }
        dequeue(slot)
        self[slot].state = .closed
        return slot
    }

    /// Takes WINDOW_UPDATE for a stream.
    /// - Returns: The stream's slot, so that it may send; nil when it had ended.
    /// - Throws: an error that ends the connection when the stream was never opened, or the stream when its window
    ///   exceeds 2³¹ − 1.
    public mutating func receiveWindowUpdate(
        on id: HTTP2StreamID, _ increment: UInt32
    ) throws(HTTP2Error) -> Int? {
        guard let slot = slot(of: id) else {
            if isIdle(id) { throw HTTP2Error(.streamIdle) }
            return nil
        }
        guard self[slot].state != .closed else { return nil }
        guard self[slot].sendWindow.increase(by: increment) else { throw HTTP2Error(.windowOverflow, stream: id) }
        return slot
    }

    /// Takes PRIORITY_UPDATE: for a stream that is not open yet it is kept, if not too many are.
    /// - Throws: an error that ends the connection when the stream is one that the client cannot open.
    public mutating func receivePriorityUpdate(
        for id: HTTP2StreamID, _ priority: HTTP2Priority
    ) throws(HTTP2Error) {
        guard id.isOpened(by: .client) else { throw HTTP2Error(.invalidPriorityUpdate) }
        if let slot = slot(of: id) {
            prioritize(slot, priority)
        } else if isIdle(id) {
            early.insert(id, priority)
        }
    }

    /// Takes no more streams of the peer: returns the last one that was taken, for GOAWAY to name.
    public mutating func stopAccepting() -> HTTP2StreamID {
        lastAcceptedStream = min(lastAcceptedStream, lastPeerStream)
        return lastAcceptedStream
    }

    /// Whether a stream was never opened, nor one above it by the same side.
    public func isIdle(_ id: HTTP2StreamID) -> Bool {
        id > (id.isOpened(by: role.peer) ? lastPeerStream : lastLocalStream)
    }

    /// What HEADERS are on a stream that is not in the table and opens none; nil when they are to be ignored.
    @inline(never)
    private func refusalOfHeaders(on id: HTTP2StreamID) -> HTTP2Error? {
        if resets.contains(id) || id > lastAcceptedStream { return nil }
        guard id.isOpened(by: role.peer) else { return HTTP2Error(isIdle(id) ? .invalidStreamID : .streamClosed) }
        // One that was passed over was closed by the first above it.
        let distance = (lastPeerStream.rawValue &- id.rawValue) &>> 1
        let wasOpened = distance < 64 && opened &>> UInt64(distance) & 1 == 1
        return HTTP2Error(wasOpened ? .streamClosed : .decreasingStreamID)
    }

    /// What DATA are on a stream that cannot receive them; nil when they are to be ignored.
    @inline(never)
    private func refusalOfData(on id: HTTP2StreamID) -> HTTP2Error? {
        if resets.contains(id) || (id > lastAcceptedStream && id.isOpened(by: role.peer)) { return nil }
        if isIdle(id) { return HTTP2Error(.streamIdle) }
        // DATA before the head of a response are as wrong as a response without a head.
        if let slot = slot(of: id), self[slot].state.canReceive { return HTTP2Error(.malformedMessage, stream: id) }
        return HTTP2Error(.streamClosed, stream: id)
    }
}

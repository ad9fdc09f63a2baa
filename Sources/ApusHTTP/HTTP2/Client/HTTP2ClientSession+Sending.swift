public import ApusRuntime

// What goes out. Everything is appended to the caller's buffer, whose room the caller has seen to.
extension HTTP2ClientSession {
    /// Opens a stream with the head of a request.
    ///
    /// - Parameters:
    ///   - head: The head.
    ///   - endsStream: Whether the request has neither content nor trailers.
    ///   - output: What takes HEADERS: ``HTTP2RequestHead/frameRoom(maxFrameSize:)`` octets at most.
    /// - Returns: The stream; nil while there is no ``room``.
    public mutating func open(
        _ head: HTTP2RequestHead, endsStream: Bool, to output: inout Buffer
    ) -> HTTP2ClientStream? {
        guard room > 0, let slot = streams.openLocal(endsStream: endsStream) else { return nil }
        let stream = stream(at: slot)
        if head.method.kind == .head { streams[slot].marks.insert(.isHead) }
        let mark = output.beginHTTP2Headers(stream: stream.id, endsStream: endsStream)
        head.encode(&encoder, to: &output)
        output.endHTTP2Headers(mark, maxFrameSize: peer.maxFrameSize)
        return stream
    }

    /// Opens a stream with a head that was mostly sent before.
    ///
    /// - Parameters:
    ///   - request: The request, which no other connection sends.
    ///   - endsStream: Whether the request has neither content nor trailers.
    ///   - output: What takes HEADERS: ``HTTP2RequestHead/frameRoom(maxFrameSize:)`` octets at most.
    /// - Returns: The stream; nil while there is no ``room``.
    public mutating func open(
        _ request: inout HTTP2RepeatedRequest, endsStream: Bool, to output: inout Buffer
    ) -> HTTP2ClientStream? {
        guard request.revision == encoder.revision, request.block.count <= Int(peer.maxFrameSize) else {
            return openFirst(&request, endsStream: endsStream, to: &output)
        }
        guard room > 0, let slot = streams.openLocal(endsStream: endsStream) else { return nil }
        let stream = stream(at: slot)
        if request.head.method.kind == .head { streams[slot].marks.insert(.isHead) }
        output.appendHTTP2(
            HTTP2FrameHeader(
                length: UInt32(truncatingIfNeeded: request.block.count), type: .headers,
                flags: endsStream ? [.endHeaders, .endStream] : .endHeaders, stream: stream.id))
        output.append(request.block.span.raw)
        return stream
    }

    @inline(never)
    private mutating func openFirst(
        _ request: inout HTTP2RepeatedRequest, endsStream: Bool, to output: inout Buffer
    ) -> HTTP2ClientStream? {
        let (start, revision) = (output.count + HTTP2FrameHeader.size, encoder.revision)
        guard let stream = open(request.head, endsStream: endsStream, to: &output) else { return nil }
        if encoder.revision == revision, output.count - start <= Int(peer.maxFrameSize) {
            request.block = (start..<output.count).map { output.bytes.byte($0) }
            request.revision = revision
        }
        return stream
    }

    // MARK: Content

    /// The octets of content that one frame may have now on a stream; 0 while a window is shut.
    public func allowance(of stream: HTTP2ClientStream) -> Int {
        guard isOpen(stream), streams[stream.slot].state.canSend else { return 0 }
        return min(Int(peer.maxFrameSize), sendWindow.available, streams[stream.slot].sendWindow.available)
    }

    /// Appends the header of DATA: 9 octets. The caller appends the content behind it.
    ///
    /// - Parameters:
    ///   - count: The octets that follow, 0 ... ``allowance(of:)``.
    ///   - stream: An open stream whose request has not ended.
    ///   - endsStream: Whether the request ends with them.
    ///   - output: What takes the header.
    public mutating func beginContent(
        _ count: Int, of stream: HTTP2ClientStream, endsStream: Bool, to output: inout Buffer
    ) {
        precondition(isOpen(stream) && streams[stream.slot].state.canSend, "the request has ended: send no more of it")
        output.appendHTTP2DataHeader(count: count, stream: stream.id, endsStream: endsStream)
        sendWindow.spend(count)
        streams[stream.slot].sendWindow.spend(count)
        if endsStream { didSendEnd(stream.slot) }
    }

    /// Has a stream whose content can't be sent now wait for windows, and for its turn. Once is enough, until
    /// ``beginContent(_:of:endsStream:to:)`` ends the stream or ``rests(_:)`` is called.
    public mutating func waits(_ stream: HTTP2ClientStream) {
        guard isOpen(stream), streams[stream.slot].state.canSend else { return }
        streams[stream.slot].marks.insert(.hasContent)
        if streams[stream.slot].sendWindow.available > 0 { streams.enqueue(stream.slot) }
    }

    /// Has a stream that waits wait no more: there is nothing to send on it at present.
    public mutating func rests(_ stream: HTTP2ClientStream) {
        guard isOpen(stream) else { return }
        streams[stream.slot].marks.remove(.hasContent)
        streams.dequeue(stream.slot)
    }

    /// The stream that waits and may send a frame now, in the order of RFC 9218; nil when none does. It has its turn
    /// again.
    public mutating func nextToSend() -> HTTP2ClientStream? {
        while sendWindow.available > 0, let slot = streams.nextToSend() {
            if streams[slot].sendWindow.available > 0 { return stream(at: slot) }
            streams.dequeue(slot)
        }
        return nil
    }

    /// Ends a request with trailers. Needs 9 octets, and for each field ``HPACKEncoder/byteCount(of:)``.
    public mutating func end(_ stream: HTTP2ClientStream, trailers: HTTPFields, to output: inout Buffer) {
        precondition(isOpen(stream) && streams[stream.slot].state.canSend, "the request has ended: send no more of it")
        let mark = output.beginHTTP2Headers(stream: stream.id, endsStream: true)
        encoder.begin(&output)
        for field in trailers { encoder.append(field, to: &output) }
        output.endHTTP2Headers(mark, maxFrameSize: peer.maxFrameSize)
        didSendEnd(stream.slot)
    }

    private mutating func didSendEnd(_ slot: Int) {
        streams[slot].marks.remove(.hasContent)
        streams.dequeue(slot)
        // The response may have been whole before the request was.
        if streams.didSendEnd(slot) { streams.remove(slot) }
    }

    // MARK: Control

    /// Gives back content that was handed out, so that the server may send more: 26 octets at most. On a stream that is
    /// gone the connection alone is told.
    public mutating func consumed(_ count: Int, of stream: HTTP2ClientStream, to output: inout Buffer) {
        guard count > 0 else { return }
        giveBack(count, to: &output)
        guard isOpen(stream), streams[stream.slot].state.canReceive else { return }
        let more = streams[stream.slot].receiveWindow.consume(count)
        if more > 0 { output.appendHTTP2WindowUpdate(more, stream: stream.id) }
    }

    /// Tells the connection alone: 13 octets at most.
    mutating func giveBack(_ count: Int, to output: inout Buffer) {
        guard count > 0 else { return }
        let more = receiveWindow.consume(count)
        if more > 0 { output.appendHTTP2WindowUpdate(more, stream: .connection) }
    }

    /// Gives a request up: 13 octets. Nothing more is heard of it.
    public mutating func reset(_ stream: HTTP2ClientStream, _ code: HTTP2ErrorCode, to output: inout Buffer) {
        guard isOpen(stream) else { return }
        output.appendHTTP2Reset(stream.id, code)
        streams.didReset(stream.id)
        streams.remove(stream.slot)
    }

    /// Asks whether the server is there: 17 octets.
    public mutating func ping(_ opaque: UInt64, to output: inout Buffer) {
        guard phase != .closed else { return }
        output.appendHTTP2Ping(opaque, ack: false)
    }

    /// Says that no more requests will come: 17 octets. Close when ``openCount`` is 0.
    public mutating func goAway(to output: inout Buffer) {
        guard phase != .closed else { return }
        phase = .draining
        output.appendHTTP2GoAway(lastStream: .connection, .noError)
    }
}

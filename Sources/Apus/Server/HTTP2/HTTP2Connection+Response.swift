import ApusHTTP
import ApusNet
import ApusRuntime

/// The way out of a request that lives within the call that brought it; every other goes by its stream.
extension HTTP2Connection: ResponseTransport {
    var carrier: (any RequestCarrier)? { self }
    var writesAddedFields: Bool { true }

    func send(_ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan) {
        let isHead = context.head.methodKind == .head
        let count = bytes.byteCount
        if isHead || (count <= streams[inlineSlot].sendWindow.available && canSendAtOnce(count)) {
            writeShort(inlineID, context, status, contentType, bytes, isHead: isHead)
        } else {
            promote(context).send(context, status, contentType, bytes)
        }
    }

    func send(_ context: Context, _ response: Response) {
        let isProduced = response.body.isProduced && context.head.methodKind != .head && !response.status.forbidsBody
        if isProduced || response.hasContent(to: context) {
            promote(context).send(context, response)
        } else {
            writeHead(inlineID, context, response, endsStream: true)
        }
    }

    private func promote(_ context: Context) -> HTTP2Exchange {
        let exchange = makeExchange(for: context)
        if context.awaitsContinue { exchange.flags.insert(.neverLingers) }
        inlineExchange = exchange
        context.noteFirstByte()
        return exchange
    }

    func sendInterim(_ context: Context, _ status: Status, _ fields: HTTPFields) {
        writeInterim(inlineID, status, fields)
    }

    func continueRequest() {}
    func contentTaken(_ count: Int) {}
    func finish(_ context: Context) {}

    // MARK: Writing

    /// Whether so many bytes of content can leave now, in one frame, without passing by what waits.
    @inline(__always)
    func canSendAtOnce(_ count: Int) -> Bool {
        count <= HTTP2Connection.largestFrame && count <= sendWindow.available
    }

    /// The largest DATA frame that is sent: others come between two of them. No peer takes less.
    static let largestFrame = 16_384

    /// Writes a whole answer: HEADERS, and its content in one DATA frame.
    @inline(__always)
    func writeShort(
        _ id: HTTP2StreamID, _ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan,
        isHead: Bool
    ) {
        if context.hasAddedFields {
            return writeShortWithFields(id, context, status, contentType, bytes, isHead: isHead)
        }
        let count = bytes.byteCount
        let sends = !isHead && count > 0
        shared.updateDate(now: server.loop.now)
        write(192 + contentType.utf8CodeUnitCount + count) { buffer in
            let mark = buffer.beginHTTP2Headers(stream: id, endsStream: !sends)
            encoder.appendResponseHead(
                status, date: shared.date, contentType: contentType, contentLength: count, to: &buffer)
            buffer.endHTTP2Headers(mark, maxFrameSize: peer.maxFrameSize)
            guard sends else { return }
            buffer.appendHTTP2DataHeader(count: count, stream: id, endsStream: true)
            buffer.append(bytes)
        }
        if sends { spendWindow(count) }
    }

    @inline(never)
    private func writeShortWithFields(
        _ id: HTTP2StreamID, _ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan,
        isHead: Bool
    ) {
        let count = bytes.byteCount
        let sends = !isHead && count > 0
        writeShortHead(id, context, status, contentType, count, endsStream: !sends)
        guard sends else { return }
        write(64 + count) { buffer in
            buffer.appendHTTP2DataHeader(count: count, stream: id, endsStream: true)
            buffer.append(bytes)
        }
        spendWindow(count)
    }

    /// Writes HEADERS of an answer whose content follows, if there is one.
    func writeShortHead(
        _ id: HTTP2StreamID, _ context: Context, _ status: Status, _ contentType: StaticString, _ count: Int,
        endsStream: Bool = false
    ) {
        if context.hasAddedFields {
            let fields: HTTPFields = [.contentType: contentType.description]
            return writeHead(id, context, Response(status, fields), contentLength: count, endsStream: endsStream)
        }
        shared.updateDate(now: server.loop.now)
        write(192 + contentType.utf8CodeUnitCount) { buffer in
            let mark = buffer.beginHTTP2Headers(stream: id, endsStream: false)
            encoder.appendResponseHead(
                status, date: shared.date, contentType: contentType, contentLength: count, to: &buffer)
            buffer.endHTTP2Headers(mark, maxFrameSize: peer.maxFrameSize)
        }
    }

    /// Writes HEADERS of a response.
    func writeHead(_ id: HTTP2StreamID, _ context: Context, _ response: Response, endsStream: Bool) {
        let length = response.status.forbidsBody ? nil : response.body.count
        writeHead(id, context, response, contentLength: length.map(Int.init), endsStream: endsStream)
    }

    private func writeHead(
        _ id: HTTP2StreamID, _ context: Context, _ response: Response, contentLength length: Int?, endsStream: Bool
    ) {
        shared.updateDate(now: server.loop.now)
        var fields = response.fields
        if context.hasAddedFields { context.forEachAddedField(besides: response.fields) { fields.append($0) } }
        writeFields(id, fields, endsStream: endsStream) { encoder, buffer in
            encoder.append(response.status, to: &buffer)
            encoder.append(shared.date, to: &buffer)
            if let length { encoder.append(contentLength: length, to: &buffer) }
        }
        // Connection itself is not of HTTP/2 and never sent; what it asks for is.
        if context.asksToClose || response.fields.asksToClose { drain(connection) }
    }

    /// Writes an interim response (RFC 9110, 15.2).
    func writeInterim(_ id: HTTP2StreamID, _ status: Status, _ fields: HTTPFields = HTTPFields()) {
        writeFields(id, fields, endsStream: false) { encoder, buffer in encoder.append(status, to: &buffer) }
    }

    /// Writes the trailers, which end the stream.
    func writeTrailers(_ id: HTTP2StreamID, _ trailers: HTTPFields) {
        writeFields(id, trailers.filter { !$0.name.isForbiddenInTrailers }, endsStream: true) { _, _ in }
    }

    private func writeFields(
        _ id: HTTP2StreamID, _ fields: some Collection<HTTPField>, endsStream: Bool,
        _ first: (inout HPACKEncoder, inout Buffer) -> Void
    ) {
        var size = 192
        for field in fields { size += HPACKEncoder.byteCount(of: field) }
        size += Buffer.http2ContinuationRoom(for: size, maxFrameSize: peer.maxFrameSize)
        write(size) { buffer in
            let mark = buffer.beginHTTP2Headers(stream: id, endsStream: endsStream)
            encoder.begin(&buffer)
            first(&encoder, &buffer)
            for field in fields where !Self.isOurs(field.name) { encoder.append(field, to: &buffer) }
            buffer.endHTTP2Headers(mark, maxFrameSize: peer.maxFrameSize)
        }
    }

    /// Fields that only the server writes.
    private static func isOurs(_ name: HTTPField.Name) -> Bool { name == .contentLength || name == .date }
}

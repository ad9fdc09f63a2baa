import ApusHTTP
import ApusNet
import ApusRuntime

/// The way out: responses written into the connection's output, in place.
extension HTTP1Connection: ResponseTransport {
    var carrier: (any RequestCarrier)? { self }

    var writesAddedFields: Bool { true }

    func send(_ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan) {
        settleKeepAlive(context)
        unsafe connectionReference._withUnsafeGuaranteedRef { send(context, status, contentType, bytes, $0) }
    }

    @inline(__always)
    private func send(
        _ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan, _ connection: Connection
    ) {
        guard connection.isOpen else { return }
        // Status line, Date, Content-Type, Content-Length and Connection fit in 256 bytes but for a long type.
        let added = context.addedByteCount
        // As much as the stage has room for in any case.
        guard added <= 16 << 10 else {
            let copy = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
            return send(context, Response(status, [.contentType: contentType.description], body: .bytes(copy)))
        }
        let size = 256 + contentType.utf8CodeUnitCount + added
        let isInline = self.context == nil
        if server.stage.value.available < size + bytes.byteCount { server.flushStage(to: connection) }
        server.appendOpening(status, contentType, to: &server.stage.value)
        server.stage.value.appendDecimal(bytes.byteCount)
        if added > 0 {
            server.stage.value.append("\r\n")
            context.appendAddedFields(besides: Self.contentTypeAlone, Self.contentTypeName, to: &server.stage.value)
            // What follows begins with a line end.
            server.stage.value.truncate(to: server.stage.value.count - 2)
        }
        server.stage.value.append(persistenceLines(context))
        if context.head.methodKind != .head {
            if server.stage.value.available >= bytes.byteCount {
                server.stage.value.append(bytes)
            } else {
                server.flushStage(to: connection)
                connection.write(bytes)
            }
        }
        if !isInline { server.flushStage(to: connection) }
    }

    private static let contentTypeAlone: HTTPFields = [.contentType: ""]
    private static let contentTypeName = FieldNameSet(contentTypeAlone)

    func send(_ context: Context, _ response: Response) {
        let connection = self.connection
        guard connection.isOpen else { return }
        if case .tunnel(let tunnel) = response.body { return open(tunnel, response, context) }
        var mark: OutputMark?
        if case .stream = response.body {
            // It may yet read the content, whose sender may wait for 100: behind our head it would be too late. What it
            // leaves unread is dealt with when it ends.
            if response.status.kind == .successful { sendContinue(context) }
            server.flushStage(to: connection)
            mark = connection.outputMark
        } else {
            settleKeepAlive(context)
        }
        let forbidsBody = response.status.forbidsBody
        let isHead = context.head.methodKind == .head
        var framing = ResponseFraming.length(0)
        if forbidsBody {
            framing = .none
        } else if let count = response.body.count {
            framing = .length(count)
        } else if context.head.version == .http11 {
            framing = .chunked
        } else {
            framing = .untilClose
            keepsAlive = false
        }
        writeHead(response, framing, context)
        guard !isHead, !forbidsBody else { return }
        switch response.body {
        case .empty, .tunnel: break
        case .text(var text): text.withUTF8 { unsafe connection.write(RawSpan(_unsafeElements: $0)) }
        case .bytes(let bytes): unsafe connection.write(bytes.span.bytes)
        case .file(let file, let offset, let count): connection.write(file, offset: offset, count: count)
        case .stream(let length, let write):
            streamsChunks = framing == .chunked
            let stream = ResponseStream(sink: self, length: length, produce: write)
            stream.mark = mark
            context.stream = stream
        }
    }

    func writeHead(_ response: Response, _ framing: ResponseFraming, _ context: Context) {
        let connection = self.connection
        server.flushStage(to: connection)
        let added = context.addedByteCount
        var size = 256 + added
        for field in response.fields { size += field.name.rawName.utf8.count + field.value.utf8.count + 4 }
        connection.reserve(size)
        connection.output.appendStatusLine(response.status)
        server.appendDate(to: &connection.output)
        if context.asksToClose || response.fields.asksToClose { keepsAlive = false }
        for field in response.fields where !field.name.isFraming {
            connection.output.append(field: field)
            // Goes as far as the next program only, and must be announced so (RFC 9110, 7.8).
            if field.name == .upgrade { connection.output.append("Connection: upgrade\r\n") }
        }
        if added > 0 {
            context.appendAddedFields(besides: response.fields, FieldNameSet(response.fields), to: &connection.output)
        }
        switch framing {
        case .length(let count):
            connection.output.append("Content-Length: ")
            connection.output.appendDecimal(Int(count))
            connection.output.append(persistenceLines(context))
        case .chunked:
            connection.output.append("Transfer-Encoding: chunked")
            connection.output.append(persistenceLines(context))
        case .tunnel: connection.output.append("\r\n")
        case .none, .untilClose:
            // The other framings leave their line open for these, which begin with a line end.
            connection.output.truncate(to: connection.output.count - 2)
            connection.output.append(persistenceLines(context))
        }
    }

    /// What the head says of the connection's future, from the end of the line before it to the end of the head
    /// (RFC 9112, 9.3).
    @inline(__always)
    private func persistenceLines(_ context: Context) -> StaticString {
        if !keepsAlive { return "\r\nConnection: close\r\n\r\n" }
        return context.head.version == .http10 ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\n\r\n"
    }

    /// Content that was not read stands before the next request: either it is small and thrown away, or this is the
    /// connection's last response, and says so.
    @inline(__always)
    private func settleKeepAlive(_ context: Context) {
        if server.isDraining || context.asksToClose { keepsAlive = false }
        if context.head.hasBody, phase == .content || phase == .head, !canDiscardContent(of: context) {
            keepsAlive = false
        }
    }

    func sendInterim(_ context: Context, _ status: Status, _ fields: HTTPFields) {
        guard context.head.version == .http11, connection.isOpen else { return }
        server.flushStage(to: connection)
        var size = 64
        for field in fields { size += field.name.rawName.utf8.count + field.value.utf8.count + 4 }
        connection.reserve(size)
        connection.output.appendStatusLine(status)
        for field in fields where !field.name.isFraming { connection.output.append(field: field) }
        connection.output.append("\r\n")
    }

    func continueRequest() {
        guard let context, !context.isAnswered else { return }
        sendContinue(context)
    }

    /// Tells a client that waits for it to send its content (RFC 9110, 10.1.1); once, and not when it has begun already.
    private func sendContinue(_ context: Context) {
        guard context.awaitsContinue, phase == .content else { return }
        context.awaitsContinue = false
        guard connection.keptCount == 0 else { return }
        let interim = "HTTP/1.1 100 Continue\r\n\r\n"
        unsafe connection.write(interim.utf8Span.span.bytes)
    }

    func contentTaken(_ count: Int) {
        // The client waits only when the reader was behind.
        guard phase == .content || phase == .tunnel, let context,
            context.body.waitingCount + count >= RequestBody.highWaterMark,
            !context.body.isFull
        else { return }
        context.contentClock.resume(at: server.loop.tick)
        connection.startReceiving()
        connection.presentKept()
    }
}

/// How a response's end is told (RFC 9112, 6).
enum ResponseFraming: Equatable {
    /// There is no content, and no field says how long it is.
    case none
    case length(Int64)
    case chunked
    case untilClose
    /// There is no content: what follows is no HTTP.
    case tunnel
}

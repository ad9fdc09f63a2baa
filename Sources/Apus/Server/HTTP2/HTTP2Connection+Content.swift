import ApusHTTP
import ApusNet
import ApusRuntime

/// The content of requests, and what follows it: received within the windows, bounded, handed to who reads it.
extension HTTP2Connection {
    /// A stream of its own for the request in `context`, which is still the loop's spare one.
    func openStream(for context: Context) -> HTTP2Stream {
        let stream = shared.takeStream()
        stream.connection = self
        stream.id = inlineID
        stream.sendWindow = HTTP2Window(size: peer.initialWindowSize)
        stream.receiveWindow = HTTP2ReceiveWindow(size: shared.settings.initialWindowSize)
        if inlineRemoteEnded { stream.flags.insert(.remoteEnded) }
        streams.append(stream)
        return stream
    }

    /// A head with content behind it is whole.
    func beginContent(_ spare: Context, _ route: Route) {
        let limit = route.options.bodyLimit ?? server.service.limits.body
        if let length = spare.head.contentLength, length > limit {
            spare.send(server.service.errorResponse(RequestBody.tooLarge(limit), spare))
            return resetStream(inlineID, .noError)
        }
        let stream = openStream(for: spare)
        let context = server.takeSpare()
        context.transport = stream
        context.body.limit = limit
        context.body.begin(length: context.head.contentLength, transport: stream)
        context.contentBegan = server.loop.tick
        arm(at: context.contentBegan + server.timeouts.body)
        if route.isSynchronous {
            context.keepBytes()
            stream.context = context
            stream.flags.insert(.gathers)
            stream.continueRequest()
        } else {
            stream.start(context)
        }
    }

    func takeContent(_ piece: HTTP2DataPiece, _ bytes: RawSpan) {
        if piece.beginsFrame, !receiveWindow.receive(piece.flowControlled) {
            return fail(HTTP2Error(.windowExceeded))
        }
        guard let stream = streams.find(piece.stream), !stream.flags.contains(.remoteEnded) else {
            return takeStrayContent(piece)
        }
        if piece.beginsFrame, !stream.receiveWindow.receive(piece.flowControlled) {
            return endStream(HTTP2Error(.windowExceeded, stream: piece.stream))
        }
        if piece.padding > 0 { consume(Int(piece.padding), of: stream) }
        guard let context = stream.context else {
            // The handler has returned; its answer is still being sent.
            consume(Int(piece.bytes.count), of: stream)
            if piece.endsStream { contentEnded(stream) }
            return
        }
        context.awaitsContinue = false
        context.contentReceived += Int64(piece.bytes.count)
        if let length = context.head.contentLength, context.contentReceived > length {
            return endStream(HTTP2Error(.contentLengthMismatch, stream: piece.stream))
        }
        if stream.flags.contains(.gathers) {
            // The limit bounds what gathers; the client need not wait for the handler, which waits for the client.
            consume(Int(piece.bytes.count), of: stream)
            guard context.contentReceived <= context.body.limit else {
                return refuseContent(stream, RequestBody.tooLarge(context.body.limit))
            }
        }
        if !piece.bytes.isEmpty { _ = context.body.append(piece.bytes.of(bytes)) }
        if piece.endsStream { contentEnded(stream) }
    }

    /// DATA for a stream that takes none.
    private func takeStrayContent(_ piece: HTTP2DataPiece) {
        if piece.beginsFrame { consume(Int(piece.flowControlled), of: nil) }
        let id = piece.stream
        if id > lastStream || !id.isOpened(by: .client) {
            // What comes behind the last request that is served is not looked at.
            guard phase != .finishing else { return }
            fail(HTTP2Error(.streamIdle))
        } else if streams.find(id) != nil {
            endStream(HTTP2Error(.streamClosed, stream: id))
        } else if !streams.wasReset(id) {
            fail(HTTP2Error(.streamClosed))
        }
    }

    /// A field block on a stream that is not new: trailers, or a mistake.
    func takeTrailers(_ id: HTTP2StreamID, endsStream: Bool) {
        guard let stream = streams.find(id) else {
            if !streams.wasReset(id) { fail(HTTP2Error(.streamClosed)) }
            return
        }
        guard !stream.flags.contains(.remoteEnded) else {
            return endStream(HTTP2Error(.streamClosed, stream: id))
        }
        guard endsStream else { return endStream(HTTP2Error(.trailersWithoutEnd, stream: id)) }
        do throws(HTTP2Malformation) {
            let trailers = try shared.block.value.trailers()
            stream.context?.body.trailers = trailers
        } catch {
            return endStream(HTTP2Error(.malformedMessage, stream: id))
        }
        contentEnded(stream)
    }

    /// END_STREAM came: the request is whole.
    private func contentEnded(_ stream: HTTP2Stream) {
        stream.flags.insert(.remoteEnded)
        guard let context = stream.context else { return stream.settle() }
        if let length = context.head.contentLength, context.contentReceived != length {
            return endStream(HTTP2Error(.contentLengthMismatch, stream: stream.id))
        }
        // The handler's own time begins when it has everything.
        stream.requestWhole = server.loop.tick
        arm(at: stream.requestWhole + context.requestTimeout(server.timeouts.request))
        context.body.end()
        guard stream.flags.contains(.gathers) else { return stream.settle() }
        callGathered(stream, context)
    }

    /// Calls the synchronous handler of a request whose content has gathered.
    private func callGathered(_ stream: HTTP2Stream, _ context: Context) {
        stream.flags.insert(.running)
        if let handler = context.route?.synchronous { call(handler, context) }
        if context.stream != nil {
            context.task = server.tasks.run(context)
        } else {
            if !context.isAnswered {
                context.send(server.service.errorResponse(HTTPError(.internalServerError), context))
            }
            stream.finish(context)
        }
    }

    /// Answers without the rest of the content.
    private func refuseContent(_ stream: HTTP2Stream, _ error: HTTPError) {
        guard let context = stream.context else { return }
        context.body.fail(error)
        guard context.task == nil, !context.isAnswered else { return }
        stream.flags.insert(.running)
        context.send(server.service.errorResponse(error, context))
        stream.finish(context)
    }

    /// The slowest client that is borne: the time given, and then so many bytes a second. One that may not send, because
    /// its handler does not read, is not slow.
    func contentTimer(_ stream: HTTP2Stream, _ context: Context, _ now: UInt64) {
        let earned = UInt64(context.contentReceived) * 1000 / UInt64(max(1, server.service.limits.bodyMinimumRate))
        let due = context.contentBegan + server.timeouts.body + earned
        if now < due || stream.receiveWindow.left <= 0 || receiveWindow.left <= 0 {
            return arm(at: max(due, now + 1000))
        }
        refuseContent(
            stream, HTTPError(.requestTimeout, "the content came too slowly: send it faster, or in parts"))
    }
}

import ApusHTTP
import ApusNet
import ApusRuntime

/// The content of requests: received, bounded, handed to who reads it, or thrown away.
extension HTTP1Connection {
    /// Content up to this size is read and thrown away when nobody wants it, so that the connection lives on.
    static let mostDiscarded: Int64 = 64 << 10

    /// A head with content is whole.
    func beginContent(_ spare: Context, _ route: Route) {
        let limit = route.options.bodyLimit ?? server.limits.body
        let length = spare.head.contentLength
        if let length, length > limit { return refuse(spare, RequestBody.tooLarge(limit), beyond: .body) }
        if route.options.requiresLength, length == nil { return refuse(spare, HTTPError.lengthRequired, beyond: nil) }
        if route.isSynchronous, !server.gathered.hasRoom(for: Int(clamping: length ?? 1)) {
            return refuse(spare, RequestBody.noRoom, beyond: .gatheredContent)
        }
        let context = server.takeSpare()
        self.context = context
        context.keepBytes()
        context.body.limit = limit
        context.body.begin(length: length, transport: self)
        context.decoder.begin(context.head)
        context.contentClock.begin(at: server.loop.tick)
        phase = .content
        arm(at: server.loop.tick + server.timeouts.body)
        if route.isSynchronous { return continueRequest() }
        context.task = server.tasks.run(context)
    }

    /// Answers without the content.
    private func refuse(_ spare: Context, _ error: HTTPError, beyond limit: LimitKind?) {
        keepsAlive = false
        if let limit {
            exceeded(limit)
            spare.noteFailure(limit.failure)
        }
        spare.send(server.service.errorResponse(error, spare))
        server.report(spare, on: self)
        endLingering()
    }

    /// The request was answered although content follows: reads a little of it and goes on, or ends the connection.
    func skipContent(of spare: Context) {
        guard keepsAlive, canDiscardContent(of: spare) else { return endLingering() }
        let context = server.takeSpare()
        self.context = context
        context.keepBytes()
        context.isOver = true
        context.decoder.begin(context.head)
        context.contentClock.begin(at: server.loop.tick)
        phase = .content
        arm(at: server.loop.tick + server.timeouts.body)
    }

    /// Whether the rest of a request's content is small enough to be thrown away.
    func canDiscardContent(of context: Context) -> Bool {
        guard !context.awaitsContinue, let length = context.head.contentLength else { return false }
        return length - context.contentClock.received <= Self.mostDiscarded
    }

    /// Takes content; the result is the number of bytes consumed, 0 when the client has to wait.
    func takeContent(_ bytes: RawSpan) -> Int {
        guard let context else { return bytes.byteCount }
        // What gathers for a synchronous handler is bounded by the limits alone.
        if context.task != nil, context.body.isFull {
            hold(context)
            return 0
        }
        context.awaitsContinue = false
        switch context.decoder.decode(bytes) {
        case .data(let range, let consumed):
            context.contentClock.receive(
                range.count, holding: context.body.gatheredCount, at: server.loop.tick, server.timeouts.pace)
            guard !context.isOver else {
                if context.contentClock.received > Self.mostDiscarded {
                    refuseContent(nil)
                } else {
                    endContentIfWhole(context)
                }
                return consumed
            }
            if context.task == nil, let (limit, error) = exceededBound(context, range.count) {
                exceeded(limit)
                context.noteFailure(limit.failure)
                refuseContent(error)
                return bytes.byteCount
            }
            if !context.body.append(bytes.extracting(range)), context.task != nil { hold(context) }
            endContentIfWhole(context)
            return consumed
        case .end(let consumed):
            contentEnded(context)
            return consumed
        case .needMore(let consumed):
            // What the decoder has not taken stays with the connection and comes again with more behind it.
            return consumed
        case .failure(let error):
            let refusal = HTTPError(error.status, "\(error.message)")
            context.body.fail(refusal)
            server.service.limitCounts.count(toldBy: error.status)
            context.noteFailure(error.exceedsLimit ? .limitExceeded : .malformed)
            refuseContent(refusal)
            return bytes.byteCount
        }
    }

    /// What is exceeded by so many bytes more that gather for a synchronous handler; nil when they find room.
    private func exceededBound(_ context: Context, _ count: Int) -> (LimitKind, HTTPError)? {
        let limit = context.body.limit
        if context.contentClock.received > limit { return (.body, RequestBody.tooLarge(limit)) }
        return context.body.gather(count, in: server.gathered) ? nil : (.gatheredContent, RequestBody.noRoom)
    }

    /// The client waits until its handler has read.
    private func hold(_ context: Context) {
        context.contentClock.hold(at: server.loop.tick)
        connection.pauseReceiving()
    }

    /// The end of a content of known length shows when the decoder is asked once more, without bytes.
    private func endContentIfWhole(_ context: Context) {
        if case .end = context.decoder.decode(RawSpan()) { contentEnded(context) }
    }

    private func contentEnded(_ context: Context) {
        context.body.trailers = context.decoder.trailers
        if context.isOver {
            context.isOver = false
            self.context = nil
            noteHandOver(context)
            server.giveBack(context)
            return answered()
        }
        phase = .answering
        // The handler's own time begins when it has everything.
        noteRequestWhole()
        arm(at: server.loop.tick + context.requestTimeout(server.timeouts.request))
        context.body.end()
        guard context.task == nil, let route = context.route, route.isSynchronous else { return }
        // Its answer gathers with those of the requests behind it.
        self.context = nil
        server.call(route, context)
        if context.stream != nil {
            self.context = context
            context.task = server.tasks.run(context)
        } else {
            if !context.isAnswered {
                context.send(server.service.errorResponse(HTTPError(.internalServerError), context))
            }
            if context.inHandSince == 0 { noteHeld() } else { noteHandOver(context) }
            if context.account.began != 0 { responseQueued(context) }
            if unsentContext !== context { server.giveBack(context) }
            answered()
        }
    }

    /// Ends the connection because of its content; an answer is given when there was none yet and no handler that
    /// will give one.
    private func refuseContent(_ error: HTTPError?) {
        keepsAlive = false
        guard let context else { return endLingering() }
        if let error, context.task == nil, !context.isAnswered {
            context.send(server.service.errorResponse(error, context))
        }
        if context.task == nil {
            self.context = nil
            server.report(context, on: self)
            server.giveBack(context)
            endLingering()
        } else {
            // The handler reads the error and answers; nothing more is taken from the client.
            phase = .answering
            connection.pauseReceiving()
        }
    }

    func contentTimer(_ now: UInt64) {
        guard let context else { return }
        let due = context.contentClock.due(server.timeouts.pace)
        // One that waits for its handler is not slow.
        if now < due || context.contentClock.isHeld { return arm(at: max(due, now + 1000)) }
        exceeded(.bodyTimeout)
        context.noteFailure(.timedOut)
        let error = HTTPError(.requestTimeout, "the content came too slowly: send it faster, or in parts")
        context.body.fail(error)
        refuseContent(error)
    }
}

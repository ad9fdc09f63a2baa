import ApusHTTP
import ApusRuntime

/// The content of a request of the same process: bounded and handed over as a connection does.
extension InProcessExchange {
    func beginContent(_ context: Context, _ route: Route, _ content: InProcessRequest.Content) {
        let limit = route.options.bodyLimit ?? server.limits.body
        if let length = context.head.contentLength, length > limit {
            server.service.limitCounts.count(.body)
            return refuseContent(context, RequestBody.tooLarge(limit), because: .limitExceeded)
        }
        if route.options.requiresLength, context.head.contentLength == nil {
            return refuseContent(context, HTTPError.lengthRequired, because: .malformed)
        }
        if route.isSynchronous, !server.gathered.hasRoom(for: Int(clamping: context.head.contentLength ?? 1)) {
            server.service.limitCounts.count(.gatheredContent)
            return refuseContent(context, RequestBody.noRoom, because: .shed)
        }
        context.body.limit = limit
        context.body.begin(length: context.head.contentLength, transport: self)
        context.contentClock.begin(at: loop.tick)
        arm(.content, after: server.timeouts.body)
        if !route.isSynchronous { run(context, route) }
        guard case .whole(let bytes) = content else { return }
        take(bytes)
        endContent()
    }

    /// Bytes go through the tunnel until the client ends its side; what comes before the answer waits.
    func beginTunnel(_ context: Context, _ route: Route) {
        context.body.limit = .max
        context.body.begin(length: nil, transport: self)
        context.contentClock.begin(at: loop.tick)
        awaitAnswer(context)
        context.task = server.tasks.run(context)
    }

    /// Takes a piece of the content; then `writer` goes on when there is room for another: with false when nobody wants
    /// one.
    package func write(_ bytes: [UInt8], _ writer: CheckedContinuation<Bool, Never>) {
        take(bytes)
        if let context, context.task != nil, context.body.isFull, !contentIsUnwanted {
            context.contentClock.hold(at: loop.tick)
            contentWriter = writer
        } else {
            writer.resume(returning: context != nil && !contentIsUnwanted)
        }
    }

    private func take(_ bytes: [UInt8]) {
        guard let context, !contentIsUnwanted, !bytes.isEmpty else { return }
        context.contentClock.receive(
            bytes.count, holding: context.body.gatheredCount, at: loop.tick, server.timeouts.pace)
        if context.task == nil, context.contentClock.received > context.body.limit {
            server.service.limitCounts.count(.body)
            return refuseContent(context, RequestBody.tooLarge(context.body.limit), because: .limitExceeded)
        }
        if context.task == nil, !context.body.gather(bytes.count, in: server.gathered) {
            server.service.limitCounts.count(.gatheredContent)
            return refuseContent(context, RequestBody.noRoom, because: .shed)
        }
        _ = unsafe context.body.append(bytes.span.bytes)
    }

    /// The content is complete.
    package func endContent() {
        guard let context, !contentEnded else { return }
        contentEnded = true
        if let length = context.head.contentLength, length != context.contentClock.received, !contentIsUnwanted {
            return breakContent()
        }
        guard !contentIsUnwanted else { return }
        context.body.end()
        if context.task == nil, let route = context.route, route.isSynchronous {
            run(context, route)
        } else if !context.isAnswered {
            awaitAnswer(context)
        }
    }

    /// The client leaves within the content.
    package func breakContent() {
        guard let context else { return }
        context.body.fail(HTTPError(.badRequest, "the client closed the connection within the content"))
        abandon()
    }

    /// Answers because of the content, unless a handler does.
    private func refuseContent(_ context: Context, _ error: HTTPError, because cause: RequestFailure) {
        context.noteFailure(cause)
        contentIsUnwanted = true
        letWriterGo(wanted: false)
        context.body.fail(error)
        guard context.task == nil else { return }
        if !context.isAnswered { context.send(server.service.errorResponse(error, context)) }
        finishInline(context)
    }

    func lookAtContent() {
        guard let context, !contentEnded, !contentIsUnwanted else { return }
        let now = loop.tick
        let due = context.contentClock.due(server.timeouts.pace)
        if now < due || context.contentClock.isHeld { return arm(.content, after: max(due, now + 1000) - now) }
        server.service.limitCounts.count(.bodyTimeout)
        refuseContent(
            context, HTTPError(.requestTimeout, "the content came too slowly: send it faster, or in parts"),
            because: .timedOut)
    }

    func letWriterGo(wanted: Bool) {
        contentWriter?.resume(returning: wanted)
        contentWriter = nil
    }
}

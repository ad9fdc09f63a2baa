import ApusHTTP
import ApusNet
import ApusRuntime

/// The content of requests, and what follows it: received within the windows, bounded, handed to who reads it.
extension HTTP2Connection {
    /// A head with content behind it is whole.
    func beginContent(_ spare: Context, _ route: Route) {
        let limit = route.options.bodyLimit ?? server.limits.body
        let exchange = makeExchange(for: spare)
        let context = server.takeSpare()
        context.attach(to: exchange)
        if route.tunnel != nil { return beginTunnel(exchange, context) }
        let length = context.head.contentLength
        if let length, length > limit {
            return refuseContent(exchange, context, RequestBody.tooLarge(limit), beyond: .body)
        }
        if route.options.requiresLength, length == nil { return refuseContent(exchange, context, .lengthRequired) }
        if route.isSynchronous, !server.gathered.hasRoom(for: Int(clamping: length ?? 1)) {
            return refuseContent(exchange, context, RequestBody.noRoom, beyond: .gatheredContent)
        }
        context.body.limit = limit
        context.body.begin(length: length, transport: exchange)
        context.contentClock.begin(at: server.loop.tick)
        arm(at: context.contentClock.began + server.timeouts.body)
        if route.isSynchronous {
            context.keepBytes()
            exchange.context = context
            exchange.flags.insert(.gathers)
            exchange.continueRequest()
        } else {
            exchange.start(context)
        }
    }

    func takeContent(_ piece: HTTP2DataPiece, _ bytes: RawSpan) {
        if piece.beginsFrame, !receiveWindow.receive(piece.flowControlled) {
            return fail(HTTP2Error(.windowExceeded))
        }
        if piece.isIdle { meter(.emptyData) }
        guard phase != .closing else { return }
        do throws(HTTP2Error) {
            guard let slot = try streams.receiveData(piece), let exchange = exchange(at: slot) else {
                // Of a frame whose stream went within it, the stream's end has made all of it good.
                consume(Int(piece.flowControlled), of: nil)
                if piece.beginsFrame { reader.skipRestOfData() }
                return meter(.ignoredFrame)
            }
            if piece.padding > 0 { consume(Int(piece.padding), of: slot) }
            takeContent(piece, bytes, of: exchange)
        } catch {
            // What the stream's window has taken is made good when the stream ends.
            if error.violation != .contentLengthMismatch {
                consume(Int(piece.flowControlled), of: nil)
                reader.skipRestOfData()
            }
            if error.endsConnection { fail(error) } else { endStream(error) }
        }
    }

    private func takeContent(_ piece: HTTP2DataPiece, _ bytes: RawSpan, of exchange: HTTP2Exchange) {
        let count = Int(piece.bytes.count)
        guard let context = exchange.context else {
            // The handler has returned; its answer is still being sent.
            consume(count, of: exchange.slot)
            exchange.discarded += count
            if piece.endsStream || exchange.discarded > Self.mostDiscarded { exchange.settle() }
            return
        }
        context.awaitsContinue = false
        context.contentClock.receive(
            count, holding: context.body.gatheredCount, at: server.loop.tick, server.timeouts.pace)
        if exchange.flags.contains(.gathers) {
            // Limits bound what gathers; the handler waits for all of it, so the client need not wait for the handler.
            consume(count, of: exchange.slot)
            guard context.contentClock.received <= context.body.limit else {
                return refuseContent(exchange, context, RequestBody.tooLarge(context.body.limit), beyond: .body)
            }
            guard context.body.gather(count, in: server.gathered) else {
                return refuseContent(exchange, context, RequestBody.noRoom, beyond: .gatheredContent)
            }
        }
        if count > 0 { _ = context.body.append(piece.bytes.of(bytes)) }
        if piece.endsStream { return contentEnded(exchange, context) }
        if receiveWindow.left <= 0 {
            // Nobody may send now.
            forEachExchange { $0.context?.contentClock.hold(at: server.loop.tick) }
        } else if streams[exchange.slot].receiveWindow.left <= 0 {
            context.contentClock.hold(at: server.loop.tick)
        }
    }

    /// The trailers of a request, which end it.
    func takeTrailers(_ id: HTTP2StreamID, _ slot: Int) {
        guard let exchange = exchange(at: slot) else { return }
        // On a connected stream no fields may come (RFC 9113, 8.5).
        if exchange.flags.contains(.tunnel) { return endStream(HTTP2Error(.malformedMessage, stream: id)) }
        do throws(HTTP2Malformation) {
            let trailers = try shared.block.value.trailers()
            guard let context = exchange.context else { return exchange.settle() }
            context.body.trailers = trailers
            contentEnded(exchange, context)
        } catch {
            endStream(HTTP2Error(.malformedMessage, stream: id))
        }
    }

    /// END_STREAM came: the request is whole.
    private func contentEnded(_ exchange: HTTP2Exchange, _ context: Context) {
        // The handler's own time begins when it has everything.
        exchange.requestWhole = server.loop.tick
        context.noteWhole()
        arm(at: exchange.requestWhole + context.requestTimeout(server.timeouts.request))
        context.body.end()
        guard exchange.flags.contains(.gathers) else { return exchange.settle() }
        exchange.flags.insert(.running)
        if let route = context.route, route.isSynchronous { server.call(route, context) }
        if context.stream != nil {
            context.task = server.tasks.run(context)
        } else {
            if !context.isAnswered {
                context.send(server.service.errorResponse(HTTPError(.internalServerError), context))
            }
            exchange.finish(context)
        }
    }

    /// Answers without the rest of the content, unless a handler is there to do it, which reads of the error.
    private func refuseContent(
        _ exchange: HTTP2Exchange, _ context: Context, _ error: HTTPError, beyond limit: LimitKind? = nil
    ) {
        if let limit {
            exceeded(limit, ends: false)
            context.noteFailure(limit.failure)
        }
        context.body.fail(error)
        guard context.task == nil else { return }
        exchange.flags.insert(.running)
        context.send(server.service.errorResponse(error, context))
        exchange.finish(context)
    }

    /// How long the rest of a content is taken that nobody reads, and how much of it.
    private static let lingerMilliseconds: UInt64 = 2_000
    static let mostDiscarded = 64 << 10

    /// Whether the stream of an exchange whose response was sent stays open for the rest of its content: for what may be
    /// on its way already, for some clients forget a response when its stream is reset behind it; and one that breaks a
    /// rule there learns of that.
    func lingers(_ exchange: HTTP2Exchange) -> Bool {
        guard !exchange.flags.contains(.neverLingers), exchange.discarded <= Self.mostDiscarded,
            streams[exchange.slot].announcedRest ?? 0 <= Self.mostDiscarded
        else { return false }
        let now = server.loop.tick
        if exchange.lingerEnd == 0 {
            exchange.lingerEnd = now + Self.lingerMilliseconds
            arm(at: exchange.lingerEnd)
        }
        return now < exchange.lingerEnd
    }

    // MARK: Time

    /// Looks at the times of one exchange.
    ///
    /// - Parameter taken: The bytes that the client has taken of the connection.
    func timerFired(_ exchange: HTTP2Exchange, _ now: UInt64, taken: Int) {
        guard !exchange.flags.contains(.closed) else { return }
        if exchange.lingerEnd != 0 {
            if now < exchange.lingerEnd { arm(at: exchange.lingerEnd) } else { exchange.settle() }
            return
        }
        if exchange.stall.isWaiting {
            if !isHeldByWindow(exchange, taken: taken) {
                exchange.stall.ends()
                exchange.stall.waits(at: now)
            } else if exchange.stall.isStalled(shared.limits.peer, at: now) {
                meter(.stalledWindow)
                exchange.noteFailure(.clientStalled)
                if phase != .closing { endStream(HTTP2Error(.cancelled, stream: exchange.id)) }
                return
            }
            arm(at: now + shared.windowStall)
        }
        guard let context = exchange.context else { return }
        if streams[exchange.slot].state.canReceive, !exchange.flags.contains(.tunnel) {
            contentTimer(exchange, context, now)
        }
        guard !context.isAnswered else { return tunnelTimer(exchange, context, now) }
        guard exchange.requestWhole != 0 else { return }
        let due = exchange.requestWhole + context.requestTimeout(server.timeouts.request)
        guard now >= due else { return arm(at: due) }
        exceeded(.requestTimeout, ends: false)
        context.noteFailure(.timedOut)
        context.task?.cancel()
        context.send(
            server.service.errorResponse(
                HTTPError(.serviceUnavailable, "the answer took too long: try again later"), context))
    }

    /// A client that is slower than is borne is answered; one that may not send, because a handler does not read, is not.
    private func contentTimer(_ exchange: HTTP2Exchange, _ context: Context, _ now: UInt64) {
        let due = context.contentClock.due(server.timeouts.pace)
        if now < due || context.contentClock.isHeld { return arm(at: max(due, now + 1000)) }
        exceeded(.bodyTimeout, ends: false)
        context.noteFailure(.timedOut)
        refuseContent(
            exchange, context,
            HTTPError(.requestTimeout, "the content came too slowly: send it faster, or in parts"))
    }
}

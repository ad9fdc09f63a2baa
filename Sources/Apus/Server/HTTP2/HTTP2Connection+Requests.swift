import ApusHTTP
import ApusNet
import ApusRuntime

/// Field blocks as they come, and the requests that they are.
extension HTTP2Connection {
    func takeFields(_ fragment: HTTP2FieldFragment, _ bytes: RawSpan) {
        if fragment.isWhole { return takeBlock(fragment, fragment.block.of(bytes)) }
        if !fragment.beginsBlock { meter(.continuation) }
        guard phase != .closing else { return }
        do throws(HTTP2Error) {
            try fieldBlock.append(fragment, in: bytes, limits: shared.limits.peer, pool: server.loop.buffers)
        } catch {
            server.service.http2Counts.count(.continuation)
            return fail(error)
        }
        guard fragment.endsBlock else { return }
        var block = HTTP2FieldBlock()
        swap(&block, &fieldBlock)
        takeBlock(fragment, block.bytes)
        block.release(to: server.loop.buffers)
    }

    /// A field block is whole: the head of a request, or trailers. It is decoded whatever becomes of it, for the next
    /// ones refer to it.
    private func takeBlock(_ fragment: HTTP2FieldFragment, _ block: RawSpan) {
        let id = fragment.stream
        let isNew = id > streams.lastPeerStream
        do throws(HPACKError) {
            try decoder.decode(block, as: isNew ? .request : .trailers, into: &shared.block.value)
        } catch {
            return fail(HTTP2Error(.compression))
        }
        do throws(HTTP2Error) {
            switch try streams.receiveHeaders(on: id, endsStream: fragment.endsStream) {
            case .request(let slot):
                unsafe server.spareReference._withUnsafeGuaranteedRef {
                    takeRequest($0, id, slot, endsStream: fragment.endsStream)
                }
                // Here, where nothing refers to the spare context any more.
                server.recycleSpare()
                noteRequest()
            case .trailers(let slot): takeTrailers(id, slot)
            case .response, .ignored: meter(.ignoredFrame)
            }
        } catch {
            if error.endsConnection { fail(error) } else { endStream(error) }
        }
    }

    @inline(never)
    private func takeRequest(_ context: Context, _ id: HTTP2StreamID, _ slot: Int, endsStream: Bool) {
        inlineID = id
        inlineSlot = slot
        context.attach(to: self)
        do throws(HTTP2Malformation) {
            try shared.block.value.fill(
                &context.headCell.value, allowsExtendedConnect: shared.limits.settings.isConnectProtocolEnabled)
        } catch {
            return refuse(error)
        }
        if context.head.announcedLength >= 0,
            !streams[slot].expect(contentLength: context.head.announcedLength)
        {
            return endStream(HTTP2Error(.contentLengthMismatch, stream: id))
        }
        let block = unsafe shared.block.unsafeAddress
        unsafe context.showBytes(block.pointee.bytes)
        beginRequest(context, endsStream: endsStream)
    }

    /// A connection that has had its share of requests ends like one of a server that stops.
    @inline(__always)
    private func noteRequest() {
        requests &+= 1
        guard requests >= server.rules(.http2, of: listener).requests else { return }
        if phase == .open { exceeded(.requestsPerConnection) }
        drain(connection)
    }

    /// A head is whole: finds the route and calls its handler, or has the content received first.
    func beginRequest(_ context: Context, endsStream: Bool) {
        context.awaitsContinue = context.head.expectsContinue && !endsStream
        guard let found = unsafe server.find(context) else { return finishInline(context) }
        unsafe context.routeReference = found
        unsafe found._withUnsafeGuaranteedRef {
            server.noteBegin(context, $0)
            beginRequest(context, $0, endsStream: endsStream)
        }
    }

    @inline(__always)
    private func beginRequest(_ context: Context, _ route: Route, endsStream: Bool) {
        if !endsStream { return beginContent(context, route) }
        if route.isSynchronous {
            server.call(route, context)
            noteHeld()
            finishInline(context)
        } else {
            let exchange = makeExchange(for: context)
            exchange.requestWhole = server.loop.tick
            arm(at: exchange.requestWhole + context.requestTimeout(server.timeouts.request))
            exchange.start(server.takeSpare())
        }
    }

    /// The handler of a request that lives within the call has returned.
    private func finishInline(_ context: Context) {
        if !context.isAnswered { context.send(server.service.errorResponse(HTTPError(.internalServerError), context)) }
        if let exchange = inlineExchange {
            inlineExchange = nil
            if context.stream != nil {
                exchange.start(server.takeSpare())
            } else if server.isObserved {
                exchange.observe(context, on: self)
            }
            return
        }
        server.report(context, on: self)
        noteServed()
        if !streams.didSendEnd(inlineSlot) {
            // The answer does not depend on the content (RFC 9113, 8.1).
            let exchange = makeExchange(for: context)
            exchange.flags = [.headSent, .contentEnded]
            // A client that was not told to send its content will not.
            if context.awaitsContinue { exchange.flags.insert(.neverLingers) }
            return exchange.settle()
        }
        streams.remove(inlineSlot)
        ended &+= 1
    }

    /// A request that can't be served though its block could be decoded: an answer says why where it can, else the stream
    /// is reset.
    @inline(never)
    private func refuse(_ malformation: HTTP2Malformation) {
        guard let status = malformation.status else {
            return endStream(HTTP2Error(.malformedMessage, stream: inlineID))
        }
        server.service.http2Counts.count(.malformedMessage)
        let context = server.spareWithoutRequest()
        server.noteBegin(context)
        server.service.limitCounts.count(toldBy: status)
        context.noteFailure(LimitKind(status) == nil ? .malformed : .limitExceeded)
        context.send(server.service.errorResponse(HTTPError(status, "\(malformation.message)"), context))
        finishInline(context)
    }

    /// Serves the request that an upgrade from HTTP/1.1 came with, as stream 1 (RFC 7540, 3.2).
    func beginUpgraded(_ context: Context, _ settings: HTTP2Settings) {
        peer = settings
        do throws(HTTP2Error) {
            try streams.adjustSendWindows(by: Int32(settings.initialWindowSize) - 65_535)
            guard case .request(let slot) = try streams.receiveHeaders(on: HTTP2StreamID(1), endsStream: true) else {
                return
            }
            if settings.headerTableSize != 4096 { encoder.setTableSizeLimit(Int(settings.headerTableSize)) }
            inlineID = HTTP2StreamID(1)
            inlineSlot = slot
            context.attach(to: self)
            beginRequest(context, endsStream: true)
        } catch {
            fail(error)
        }
    }
}

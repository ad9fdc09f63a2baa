public import ApusRuntime

// What comes in.
extension HTTP2ClientSession {
    /// Reads on from `offset`, which is moved behind what was read.
    ///
    /// - Parameters:
    ///   - bytes: What has come and was not read; below 4 GiB.
    ///   - offset: Where to read on.
    ///   - fields: What takes the fields of a response or of trailers, until the next call.
    ///   - output: What takes answers to control frames; ``replyRoom`` octets of it must be free.
    ///   - now: Milliseconds of a clock that does not go back.
    /// - Returns: What was found. After ``HTTP2ClientEvent/ended(_:)`` there is nothing more.
    public mutating func next(
        in bytes: RawSpan, from offset: inout Int, fields: inout HeaderBlock, output: inout Buffer, now: UInt64
    ) -> HTTP2ClientEvent {
        if nextUnprocessedSlot != nil, let stream = takeUnprocessed() { return .failed(stream, .unprocessed) }
        while phase != .closed {
            guard output.available >= Self.replyRoom else { return .needsRoom }
            let event: HTTP2ClientEvent?
            switch reader.next(in: bytes, from: &offset) {
            case .headers(let fragment): event = takeFields(fragment, bytes, &fields, &output, now)
            case .data(let piece): event = takeContent(piece, &output, now)
            case .needMore: return .needMore
            case .windowUpdate(let id, let increment): event = takeWindowUpdate(id, increment, &output, now)
            case .settings(let payload): event = takeSettings(payload.of(bytes), &output, now)
            case .settingsAck: event = takeSettingsAck(&output)
            case .ping(let opaque):
                event = note(.ping, now, &output)
                if event == nil { output.appendHTTP2Ping(opaque, ack: true) }
            case .pingAck(let opaque): event = .pong(opaque)
            case .resetStream(let id, let code): event = takeReset(id, code, &output, now)
            case .goAway(let last, let code, let debugData): event = takeGoAway(last, code, debugData)
            case .priority: event = note(.priority, now, &output)
            case .priorityUpdate, .unknown: event = note(.ignoredFrame, now, &output)
            case .failure(let error): event = refuse(error, &output, now)
            }
            if let event { return event }
        }
        return .needMore
    }

    // MARK: Responses

    private mutating func takeFields(
        _ fragment: HTTP2FieldFragment, _ bytes: RawSpan, _ fields: inout HeaderBlock, _ output: inout Buffer,
        _ now: UInt64
    ) -> HTTP2ClientEvent? {
        if fragment.isWhole { return takeBlock(fragment, fragment.block.of(bytes), &fields, &output, now) }
        if !fragment.beginsBlock, let end = note(.continuation, now, &output) { return end }
        do throws(HTTP2Error) {
            try fieldBlock.append(fragment, in: bytes, limits: limits, pool: pool)
        } catch {
            return fail(error, &output)
        }
        guard fragment.endsBlock else { return nil }
        var whole = HTTP2FieldBlock()
        swap(&whole, &fieldBlock)
        let event = takeBlock(fragment, whole.bytes, &fields, &output, now)
        whole.release(to: pool)
        return event
    }

    /// A field block is whole. It is decoded whatever becomes of it, for the next ones refer to it.
    @inline(__always)
    private mutating func takeBlock(
        _ fragment: HTTP2FieldFragment, _ bytes: RawSpan, _ fields: inout HeaderBlock, _ output: inout Buffer,
        _ now: UInt64
    ) -> HTTP2ClientEvent? {
        guard fragment.stream.isOpened(by: .client) else { return fail(HTTP2Error(.invalidStreamID), &output) }
        var meaning = HTTP2HeadersMeaning.ignored
        var refusal: HTTP2Error?
        do throws(HTTP2Error) {
            meaning = try streams.receiveHeaders(on: fragment.stream, endsStream: fragment.endsStream)
        } catch {
            refusal = error
        }
        var kind = HeaderBlock.Kind.response
        if case .trailers = meaning { kind = .trailers }
        do throws(HPACKError) {
            try decoder.decode(bytes, as: kind, into: &fields)
        } catch {
            return fail(HTTP2Error(.compression), &output)
        }
        if let refusal { return refuse(refusal, &output, now) }
        switch meaning {
        case .response(let slot): return takeHead(slot, fragment, fields, &output, now)
        case .trailers(let slot):
            guard fields.malformation == nil, !fields.isTooLarge else {
                return refuse(HTTP2Error(.malformedMessage, stream: fragment.stream), &output, now)
            }
            let stream = stream(at: slot)
            removeIfClosed(slot)
            return .trailers(stream)
        case .request, .ignored: return note(.ignoredFrame, now, &output)
        }
    }

    @inline(__always)
    private mutating func takeHead(
        _ slot: Int, _ fragment: HTTP2FieldFragment, _ fields: borrowing HeaderBlock, _ output: inout Buffer,
        _ now: UInt64
    ) -> HTTP2ClientEvent? {
        let stream = HTTP2ClientStream(slot: slot, id: fragment.stream)
        let status: Status
        do throws(HTTP2Malformation) {
            status = try fields.responseStatus()
        } catch {
            return refuse(HTTP2Error(.malformedMessage, stream: stream.id), &output, now)
        }
        if status.code < 200 {
            guard !fragment.endsStream else {
                return refuse(HTTP2Error(.malformedMessage, stream: stream.id), &output, now)
            }
            return .interim(stream, status)
        }
        streams[slot].didReceiveHead()
        // What these announce is not sent (RFC 9110, 8.6).
        let isEmpty = streams[slot].marks.contains(.isHead) || status.code == 204 || status.code == 304
        let length = isEmpty ? 0 : fields.announcedLength
        if length >= 0, !streams[slot].expect(contentLength: length) {
            return refuse(HTTP2Error(.contentLengthMismatch, stream: stream.id), &output, now)
        }
        if fragment.endsStream { removeIfClosed(slot) }
        return .response(stream, status, endsStream: fragment.endsStream)
    }

    private mutating func takeContent(
        _ piece: HTTP2DataPiece, _ output: inout Buffer, _ now: UInt64
    ) -> HTTP2ClientEvent? {
        if piece.beginsFrame {
            guard receiveWindow.receive(piece.flowControlled) else {
                return fail(HTTP2Error(.windowExceeded), &output)
            }
            frameLeft = Int(piece.flowControlled)
            if piece.isIdle, let end = note(.emptyData, now, &output) { return end }
        }
        do throws(HTTP2Error) {
            guard let slot = try streams.receiveData(piece) else {
                skipFrame(&output)
                return note(.ignoredFrame, now, &output)
            }
            let stream = HTTP2ClientStream(slot: slot, id: piece.stream)
            frameLeft &-= Int(piece.bytes.count)
            if piece.padding > 0 {
                frameLeft &-= Int(piece.padding)
                consumed(Int(piece.padding), of: stream, to: &output)
            }
            if piece.endsStream { removeIfClosed(slot) }
            return .content(stream, piece.bytes, endsStream: piece.endsStream)
        } catch {
            skipFrame(&output)
            return refuse(error, &output, now)
        }
    }

    /// The rest of a DATA frame is nobody's: it is passed over, and given back.
    private mutating func skipFrame(_ output: inout Buffer) {
        reader.skipRestOfData()
        giveBack(frameLeft, to: &output)
        frameLeft = 0
    }

    @inline(__always)
    private mutating func removeIfClosed(_ slot: Int) {
        if streams[slot].state == .closed { streams.remove(slot) }
    }

    // MARK: Control

    private mutating func takeWindowUpdate(
        _ id: HTTP2StreamID, _ increment: UInt32, _ output: inout Buffer, _ now: UInt64
    ) -> HTTP2ClientEvent? {
        if id.isConnection {
            guard sendWindow.increase(by: increment) else { return fail(HTTP2Error(.windowOverflow), &output) }
        } else {
            do throws(HTTP2Error) {
                guard let slot = try streams.receiveWindowUpdate(on: id, increment) else { return nil }
                if streams[slot].marks.contains(.hasContent), streams[slot].sendWindow.available > 0 {
                    streams.enqueue(slot)
                }
            } catch {
                return refuse(error, &output, now)
            }
        }
        return streams.isSendQueueEmpty ? nil : .mayWrite
    }

    private mutating func takeSettings(
        _ payload: RawSpan, _ output: inout Buffer, _ now: UInt64
    ) -> HTTP2ClientEvent? {
        do throws(HTTP2Error) {
            let change = try peer.apply(payload, from: .server)
            if let end = note(.settings, cost: 1 + change.count / 8, now, &output) { return end }
            if let smallest = change.smallestHeaderTableSize {
                encoder.setTableSizeLimit(Int(smallest))
                encoder.setTableSizeLimit(Int(peer.headerTableSize))
            }
            if change.windowDelta != 0 { try streams.adjustSendWindows(by: change.windowDelta) }
            if change.windowDelta > 0 {
                streams.forEach { streams, slot in
                    let stream = streams[slot]
                    if stream.marks.contains(.hasContent), stream.sendWindow.available > 0 { streams.enqueue(slot) }
                }
            }
            output.appendHTTP2SettingsAck()
            if phase == .greeting { phase = .open }
            return .settings
        } catch {
            return fail(error, &output)
        }
    }

    private mutating func takeSettingsAck(_ output: inout Buffer) -> HTTP2ClientEvent? {
        guard unacknowledged > 0 else { return fail(HTTP2Error(.settingsAcknowledgedTwice), &output) }
        unacknowledged -= 1
        decoder.setTableSizeLimit(Int(settings.headerTableSize))
        return nil
    }

    private mutating func takeReset(
        _ id: HTTP2StreamID, _ code: HTTP2ErrorCode, _ output: inout Buffer, _ now: UInt64
    ) -> HTTP2ClientEvent? {
        let wasWhole = streams.slot(of: id).map { streams[$0].state == .halfClosedRemote } ?? false
        do throws(HTTP2Error) {
            guard let slot = try streams.receiveReset(on: id) else { return note(.ignoredFrame, now, &output) }
            let stream = stream(at: slot)
            streams.remove(slot)
            if wasWhole { return .stopSending(stream) }
            return .failed(stream, .reset(code))
        } catch {
            return fail(error, &output)
        }
    }

    private mutating func takeGoAway(
        _ last: HTTP2StreamID, _ code: HTTP2ErrorCode, _ debugData: ByteSlice
    ) -> HTTP2ClientEvent {
        phase = .draining
        // A later one may name an earlier stream, and never a later (RFC 9113, 6.8).
        lastProcessed = min(lastProcessed, last)
        nextUnprocessedSlot = 0
        return .goAway(last: lastProcessed, code, debugData: debugData)
    }

    /// Takes a stream out that the server will not process; nil when there is none left.
    private mutating func takeUnprocessed() -> HTTP2ClientStream? {
        guard var slot = nextUnprocessedSlot else { return nil }
        while slot < streams.capacity {
            let id = streams[slot].id
            if id > lastProcessed {
                streams.remove(slot)
                nextUnprocessedSlot = slot + 1
                return HTTP2ClientStream(slot: slot, id: id)
            }
            slot += 1
        }
        nextUnprocessedSlot = nil
        return nil
    }

    // MARK: Broken rules

    /// Notes what costs the server little; nil when it does not do it too often.
    private mutating func note(
        _ kind: HTTP2FloodKind, cost: Int = 1, _ now: UInt64, _ output: inout Buffer
    ) -> HTTP2ClientEvent? {
        meter.allows(kind, cost: cost, limits: limits, at: now) ? nil : fail(HTTP2Error(.flood), &output)
    }

    /// Ends a stream, or all.
    @inline(never)
    private mutating func refuse(
        _ error: HTTP2Error, _ output: inout Buffer, _ now: UInt64
    ) -> HTTP2ClientEvent? {
        if error.endsConnection { return fail(error, &output) }
        if let end = note(.provokedReset, now, &output) { return end }
        output.appendHTTP2Reset(error.stream, error.code)
        guard let slot = streams.didReset(error.stream) else { return nil }
        streams.remove(slot)
        return .failed(HTTP2ClientStream(slot: slot, id: error.stream), .violation(error.violation))
    }

    @inline(never)
    private mutating func fail(_ error: HTTP2Error, _ output: inout Buffer) -> HTTP2ClientEvent {
        phase = .closed
        output.appendHTTP2GoAway(lastStream: .connection, error.code, debugData: error.message)
        fieldBlock.release(to: pool)
        return .ended(error)
    }
}

import ApusHTTP

/// Frames are read the same at every split, and what the streams are told of them leaves their rules whole. The first
/// two bytes choose the splits, the third who reads.
func http2Frames(_ input: [UInt8]) {
    let role: HTTP2Role = input.count > 2 && input[2] & 1 == 1 ? .client : .server
    let bytes = Array(input.dropFirst(3))
    let whole = read(bytes, cuts: [], role)
    let cuts = input.prefix(2).map { bytes.count * Int($0) / 255 }.sorted()
    require(read(bytes, cuts: cuts, role) == whole, "the same bytes were read in two ways")
    require(read(bytes, cuts: Array(0..<bytes.count), role) == whole, "the same bytes were read in two ways")
}

/// A frame with its octets, or what else the reader said.
private enum Reading: Equatable {
    case data(HTTP2StreamID, [UInt8], flowControlled: UInt32, HTTP2DataPiece.Place)
    case payload(HTTP2FieldFragment.Summary, [UInt8])
    case settings(HTTP2Settings)
    case other(HTTP2FrameEvent)
}

private func read(_ bytes: [UInt8], cuts: [Int], _ role: HTTP2Role) -> [Reading] {
    var reader = HTTP2FrameReader(role: role)
    var rules = Rules(role)
    var readings: [Reading] = []
    var kept = 0
    for cut in cuts + [bytes.count] {
        var offset = 0
        let piece = Array(bytes[kept..<max(kept, cut)])
        reading: while true {
            let before = offset
            let event = withSpan(piece) { reader.next(in: $0, from: &offset) }
            require(offset >= before && offset <= piece.count, "the offset went astray")
            switch event {
            case .needMore(let count):
                require(count > piece.count - offset, "more was asked for than is missing")
                break reading
            case .failure(let error) where error.endsConnection:
                return readings + [.other(event)]
            case .data(let data):
                let octets = Array(piece[data.bytes.range])
                if !data.beginsFrame, case .data(let stream, let first, let counted, let place)? = readings.last {
                    require(stream == data.stream && data.flowControlled == 0, "a piece of another frame")
                    readings[readings.count - 1] = .data(
                        stream, first + octets, flowControlled: counted, place.union(data.place))
                } else {
                    readings.append(.data(data.stream, octets, flowControlled: data.flowControlled, data.place))
                }
            case .headers(let fragment):
                readings.append(.payload(fragment.summary, Array(piece[fragment.block.range])))
            case .settings(let payload):
                var settings = HTTP2Settings()
                let change = withSpan(piece) { span in try? settings.apply(payload.of(span), from: role.peer) }
                if change != nil { readings.append(.settings(settings)) }
            case .priorityUpdate(_, let value):
                require(withSpan(piece) { HTTP2Priority(parsing: value.of($0)) }.urgency < 8, "an urgency above 7")
                readings.append(
                    .other(.unknown(HTTP2FrameHeader(length: 0, type: .priorityUpdate, stream: .connection))))
            case .goAway(let stream, let code, let debugData):
                require(debugData.range.upperBound <= piece.count, "a place outside the bytes")
                readings.append(.other(.goAway(stream, code, debugData: ByteSlice(start: 0, count: debugData.count))))
            default: readings.append(.other(event))
            }
            rules.take(event, offset: offset)
        }
        kept += offset
    }
    return readings
}

extension HTTP2FieldFragment {
    fileprivate struct Summary: Equatable {
        let stream: HTTP2StreamID
        let beginsBlock, endsBlock, endsStream: Bool
    }

    fileprivate var summary: Summary {
        Summary(stream: stream, beginsBlock: beginsBlock, endsBlock: endsBlock, endsStream: endsStream)
    }
}

/// The streams of a connection that answers whatever comes, and consumes it at once.
private struct Rules: ~Copyable {
    var table: HTTP2StreamTable
    var window = HTTP2ReceiveWindow()
    var meter = HTTP2FloodMeter()
    var isOver = false

    init(_ role: HTTP2Role) {
        var settings = role == .server ? HTTP2Settings.server : .client
        if role == .server { settings.maxConcurrentStreams = 8 }
        table = HTTP2StreamTable(role: role, settings: settings)
        if role == .client { for _ in 0..<6 { _ = table.openLocal(endsStream: false) } }
    }

    mutating func take(_ event: HTTP2FrameEvent, offset: Int) {
        guard !isOver else { return }
        do throws(HTTP2Error) {
            try receive(event)
        } catch {
            isOver = error.endsConnection
            if !isOver, let slot = table.didReset(error.stream) { table.remove(slot) }
        }
        require(table.count <= 8 && table.peerCount <= 8, "more streams than there may be")
        while let slot = table.nextToSend() {
            require(table[slot].state != .closed && table[slot].isQueued, "a closed stream may send")
            table.dequeue(slot)
            if offset % 3 == 0, table.didSendEnd(slot) { table.remove(slot) }
        }
        table.forEach { table, slot in
            require(table.slot(of: table[slot].id) == slot, "a stream is lost")
            require(table[slot].receiveWindow.unconsumed >= 0, "more was consumed than had come")
        }
    }

    private mutating func receive(_ event: HTTP2FrameEvent) throws(HTTP2Error) {
        switch event {
        case .data(let piece):
            guard window.receive(piece.flowControlled) else { throw HTTP2Error(.windowExceeded) }
            if piece.beginsFrame { _ = window.consume(Int(piece.flowControlled)) }
            guard let slot = try table.receiveData(piece) else { return }
            _ = table[slot].receiveWindow.consume(Int(piece.bytes.count) + Int(piece.padding))
            if table[slot].state == .closed {
                table.remove(slot)
            } else if table[slot].state.canSend {
                table.enqueue(slot)
            }
        case .headers(let fragment):
            guard fragment.endsBlock else { return }
            switch try table.receiveHeaders(on: fragment.stream, endsStream: fragment.endsStream) {
            case .request(let slot):
                _ = table[slot].expect(contentLength: Int64(fragment.block.count))
                table.enqueue(slot)
            case .response(let slot): table[slot].didReceiveHead()
            case .trailers(let slot): if table[slot].state == .closed { table.remove(slot) }
            case .ignored: break
            }
        case .resetStream(let stream, _):
            if let slot = try table.receiveReset(on: stream) { table.remove(slot) }
            guard meter.allows(.reset, limits: HTTP2Limits(), at: 0) else { throw HTTP2Error(.flood) }
        case .windowUpdate(let stream, let increment) where !stream.isConnection:
            _ = try table.receiveWindowUpdate(on: stream, increment)
        case .priorityUpdate(let stream, _):
            try table.receivePriorityUpdate(
                for: stream, HTTP2Priority(urgency: UInt8(truncatingIfNeeded: stream.rawValue)))
        case .failure(let error): throw error
        case .goAway: _ = table.stopAccepting()
        default: break
        }
    }
}

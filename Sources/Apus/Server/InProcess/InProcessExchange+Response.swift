import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// The way out of an exchange of the same process.
extension InProcessExchange: ResponseTransport {
    var carrier: (any RequestCarrier)? { isAbandoned ? nil : self }
    var writesAddedFields: Bool { false }

    func send(_ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan) {
        let fields: HTTPFields = [.contentType: contentType.description, .contentLength: "\(bytes.byteCount)"]
        if context.head.methodKind != .head { outgoing.append(unsafe bytes.withUnsafeBytes { unsafe Array($0) }) }
        outgoingEnded = true
        begin(status, fields)
    }

    func send(_ context: Context, _ response: Response) {
        var fields = HTTPFields(response.fields.filter { !Self.isOurs($0.name) })
        if !response.status.forbidsBody, let count = response.body.count { fields[.contentLength] = "\(count)" }
        outgoingEnded = true
        if case .tunnel(let tunnel) = response.body {
            outgoingEnded = false
            context.stream = ResponseStream(sink: self, tunnel: tunnel, of: context)
            watchTunnel()
        } else if context.head.methodKind != .head, !response.status.forbidsBody {
            switch response.body {
            case .empty: break
            case .text(let text): outgoing.append(Array(text.utf8))
            case .bytes(let bytes): outgoing.append(bytes)
            case .file(let file, let offset, let count): outgoing.append(file, offset: offset, count: count)
            case .stream(let length, let produce):
                outgoingEnded = false
                context.stream = ResponseStream(sink: self, length: length, produce: produce)
            case .tunnel: break
            }
        }
        begin(response.status, fields)
    }

    private func begin(_ status: Status, _ fields: HTTPFields) {
        let now = IMFDate(secondsSince1970: Int64(apus_realtime_nanoseconds() / 1_000_000_000))
        let date = HTTPField(name: .date, replacingInvalid: now.description)
        let head = Head(status: status, fields: HTTPFields([date] + fields))
        self.head = head
        headReader?.resume(returning: head)
        headReader = nil
        watchReader()
    }

    /// Fields that only the server writes.
    private static func isOurs(_ name: HTTPField.Name) -> Bool {
        name == .contentLength || name == .transferEncoding || name == .date || name == .connection
    }

    func continueRequest() {}

    func contentTaken(_ count: Int) {
        // The count is already taken off what waits.
        guard let context, !context.body.isFull else { return }
        context.contentClock.resume(at: loop.tick)
        letWriterGo(wanted: true)
    }

    /// The handler has returned, and its response is produced.
    func finish(_ context: Context) {
        context.task = nil
        self.context = nil
        contentIsUnwanted = true
        letWriterGo(wanted: false)
        server.report(context, on: self)
        server.giveBack(context)
        leave()
        watchReader()
    }

    // MARK: The client's side

    /// Gives the head to who waits for it.
    package func readHead(_ continuation: CheckedContinuation<Head, any Error>) {
        if let head {
            continuation.resume(returning: head)
        } else if let failure {
            continuation.resume(throwing: failure)
        } else {
            headReader = continuation
        }
    }

    /// Gives what has been written to who waits for it, or nil at the end.
    package func read(_ continuation: CheckedContinuation<[UInt8]?, any Error>) {
        if !outgoing.isEmpty {
            deliver(to: continuation)
        } else if outgoingEnded {
            continuation.resume(returning: nil)
        } else if let failure {
            continuation.resume(throwing: failure)
        } else {
            reader = continuation
        }
    }

    /// The most that one read gives, in bytes.
    private static let mostRead = 64 << 10

    private func deliver(to reader: CheckedContinuation<[UInt8]?, any Error>) {
        let count = min(outgoing.count, Self.mostRead)
        var buffer = loop.buffers.take(atLeast: count)
        let isWhole = outgoing.move(count, to: &buffer)
        taken += count
        let bytes = [UInt8](copying: buffer)
        loop.buffers.give(buffer)
        guard isWhole else {
            outgoing.removeAll()
            failure = .brokenOff
            return reader.resume(throwing: Failure.brokenOff)
        }
        reader.resume(returning: bytes)
        guard writerWaits, outgoing.count <= HTTP2Exchange.lowWaterMark else { return }
        writerWaits = false
        context?.stream?.wakeWriter()
    }

    private func wakeReader() {
        guard let reader else { return }
        self.reader = nil
        read(reader)
    }

    /// A client that takes nothing of what waits is given up after a while, when it is more than a socket might hold.
    private func watchReader() {
        guard outgoing.count >= HTTP2Exchange.highWaterMark, !isWatchingReader else { return }
        isWatchingReader = true
        takenAtTimer = taken
        arm(.reading, after: server.timeouts.writeStall)
    }
}

extension InProcessExchange: ContentSink {
    var hasRoom: Bool {
        if outgoing.count < HTTP2Exchange.highWaterMark { return true }
        writerWaits = true
        return false
    }

    func writeContent(_ bytes: [UInt8]) {
        outgoing.append(bytes)
        wakeReader()
        watchReader()
    }

    func writeContent(_ file: OpenFile, offset: Int64, count: Int) {
        outgoing.append(file, offset: offset, count: count)
        wakeReader()
        watchReader()
    }

    func endContent(_ trailers: HTTPFields) {
        self.trailers = HTTPFields(trailers.filter { !$0.name.isForbiddenInTrailers })
        outgoingEnded = true
        wakeReader()
    }

    func breakOff() {
        context?.noteFailure(.responseFailed)
        fail(.brokenOff)
    }
}

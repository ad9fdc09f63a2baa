import ApusHTTP
import ApusNet
import ApusRuntime

/// A connection of the run that speaks HTTP/2: each request on a stream of its own, answered in any order.
final class HTTP2LoadConnection: LoadConnection {
    /// What is kept of a request on its way, by the slot of its stream.
    private struct Request {
        var stream: HTTP2ClientStream?
        /// What its latency counts from, in nanoseconds.
        var due: UInt64 = 0
        /// When it was sent; the timeout counts from there.
        var sent: UInt64 = 0
        /// Octets of its content that are still to be sent.
        var contentLeft = 0
        var status = 0
    }

    /// The receive windows: a load generator takes all that comes, and need not say so often.
    private static let window: UInt32 = 1 << 30

    @safe @exclusivity(unchecked) private var session: HTTP2ClientSession
    @safe @exclusivity(unchecked) private var request: HTTP2RepeatedRequest
    @safe @exclusivity(unchecked) private var requests: [Request] = []
    /// Whether what is sent gathers on the loop's stage, for answers are being read.
    @safe @exclusivity(unchecked) private var isStaging = false
    @safe @exclusivity(unchecked) private var lastHeard: UInt64 = 0
    /// The room that one request takes on the stage, without its content.
    private let requestRoom: Int

    init(load: LoadLoop, head: HTTP2RequestHead) {
        session = Self.makeSession(load)
        request = HTTP2RepeatedRequest(head)
        requestRoom = head.frameRoom(maxFrameSize: 1 << 14)
        super.init(load: load)
    }

    private static func makeSession(_ load: LoadLoop) -> HTTP2ClientSession {
        var settings = HTTP2Settings.client
        settings.initialWindowSize = window
        return HTTP2ClientSession(settings: settings, limits: .loadGenerator(window: window), pool: load.loop.buffers)
    }

    override var room: Int { min(load.plan.depth &- session.openCount, session.room) }

    // MARK: Sending

    override func connected(_ connection: Connection) {
        lastHeard = monotonicNanoseconds()
        #if TLS
            if let tls = connection.tlsInfo, tls.applicationProtocol != "h2" {
                reason = .noHTTP2
                return connection.close()
            }
        #endif
        session.begin(to: &load.stage)
        flush()
        // Until the server's SETTINGS have come nobody knows whether it speaks HTTP/2.
        isTimerSet = true
        connection.setTimer(at: deadline(of: lastHeard))
    }

    override func send(_ count: Int, countedFrom time: UInt64, now: UInt64) {
        guard let connection else { return }
        if !isTimerSet {
            isTimerSet = true
            connection.setTimer(at: deadline(of: now))
        }
        let content = load.plan.content.count
        for _ in 0..<count {
            if load.stage.available < requestRoom { flush() }
            guard let stream = session.open(&request, endsStream: content == 0, to: &load.stage) else {
                load.lost(.broken, after: 0)
                continue
            }
            while requests.count <= stream.slot { requests.append(Request()) }
            requests[stream.slot] = Request(stream: stream, due: time, sent: now, contentLeft: content)
            if content > 0 { sendContent(of: stream) }
        }
        if !isStaging { flush() }
    }

    /// Sends as much of a request's content as the windows and the socket take, and has the rest wait.
    private func sendContent(of stream: HTTP2ClientStream) {
        let content = load.plan.content
        while let connection, requests[stream.slot].contentLeft > 0 {
            let left = requests[stream.slot].contentLeft
            let count = min(left, session.allowance(of: stream), 16 << 10)
            guard count > 0, connection.isWritable else { return session.waits(stream) }
            if load.stage.available < HTTP2FrameHeader.size + count { flush() }
            session.beginContent(count, of: stream, endsStream: count == left, to: &load.stage)
            let start = content.count - left
            unsafe load.stage.append(content.span.bytes.extracting(start..<start + count))
            requests[stream.slot].contentLeft = left - count
        }
    }

    /// Sends the content whose turn it is.
    private func pump() {
        while let connection, connection.isWritable, let stream = session.nextToSend() { sendContent(of: stream) }
    }

    /// Sends what stands on the stage.
    private func flush() {
        guard !load.stage.isEmpty else { return }
        // The stage stays as it is within the call.
        let staged = unsafe RawSpan(_unsafeStart: load.stage.baseAddress, byteCount: load.stage.count)
        connection?.writeThrough(staged)
        load.stage.removeAll()
    }

    override func writable(on connection: Connection) {
        pump()
        flush()
    }

    // MARK: Receiving

    override func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        let now = monotonicNanoseconds()
        lastHeard = now
        isStaging = true
        let wasMade = isMade
        let offset = read(bytes, connection, now)
        load.received(offset, now: now)
        if load.plan.hasRate || !wasMade {
            // What falls due may go to another connection, and the stage is all of theirs.
            isStaging = false
            flush()
        }
        if connection.isOpen {
            if !session.takesRequests, session.openCount == 0 {
                flush()
                connection.closeAfterWriting()
            } else if !isMade, session.phase == .open {
                made()
            } else if isMade {
                load.hasRoom(self, now: now)
            }
        }
        isStaging = false
        flush()
        return connection.isOpen ? offset : bytes.byteCount
    }

    /// Takes what has come; what is to be answered gathers on the stage. Returns how much was used up.
    private func read(_ bytes: RawSpan, _ connection: Connection, _ now: UInt64) -> Int {
        var offset = 0
        let tick = load.loop.tick
        while connection.isOpen {
            switch session.next(in: bytes, from: &offset, fields: &load.fields, output: &load.stage, now: tick) {
            case .response(let stream, let status, let endsStream):
                requests[stream.slot].status = Int(status.code)
                if endsStream { answered(stream, now) }
            case .content(let stream, let slice, let endsStream):
                session.consumed(Int(slice.count), of: stream, to: &load.stage)
                if endsStream { answered(stream, now) }
            case .trailers(let stream): answered(stream, now)
            case .failed(let stream, let failure): lost(stream, LoadFailure(failure), now)
            case .mayWrite: pump()
            case .settings:
                load.noteStreamLimit(Int(session.peer.maxConcurrentStreams))
                pump()
            case .goAway(_, let code, _): if code == .noError { isDone = true } else { reason = .goAway }
            case .needsRoom: flush()
            case .needMore: return offset
            case .ended:
                reason = isMade ? .malformed : .noHTTP2
                flush()
                connection.close()
            case .interim, .stopSending, .pong: break
            }
        }
        return bytes.byteCount
    }

    @inline(__always) private func answered(_ stream: HTTP2ClientStream, _ now: UInt64) {
        let request = requests[stream.slot]
        guard request.stream == stream else { return }
        requests[stream.slot].stream = nil
        hasAnswered = true
        // The rest of the content is of no use to anybody.
        if request.contentLeft > 0 { session.reset(stream, .cancel, to: &load.stage) }
        load.answered(request.status, after: now > request.due ? now &- request.due : 0)
    }

    private func lost(_ stream: HTTP2ClientStream, _ failure: LoadFailure, _ now: UInt64) {
        let request = requests[stream.slot]
        guard request.stream == stream else { return }
        requests[stream.slot].stream = nil
        load.lost(failure, after: now > request.due ? now - request.due : 0)
    }

    // MARK: Ends

    override func receivedEnd(on connection: Connection) {
        if !isMade { reason = .noHTTP2 } else if session.openCount == 0, hasAnswered { isDone = true }
        connection.close()
    }

    override func timerFired(on connection: Connection) {
        isTimerSet = false
        let now = monotonicNanoseconds()
        let timeout = load.timeoutNanoseconds
        guard isMade else {
            reason = .timedOut
            return connection.close()
        }
        guard let oldest = oldestSent else { return }
        if now >= oldest &+ timeout, now >= lastHeard &+ timeout {
            reason = .timedOut
            return connection.close()
        }
        // The connection lives, so only what is late is given up.
        for slot in requests.indices where connection.isOpen {
            guard let stream = requests[slot].stream, now >= requests[slot].sent &+ timeout else { continue }
            if load.stage.available < HTTP2ClientSession.replyRoom { flush() }
            session.reset(stream, .cancel, to: &load.stage)
            lost(stream, .timedOut, now)
        }
        flush()
        guard connection.isOpen else { return }
        if let oldest = oldestSent {
            isTimerSet = true
            connection.setTimer(at: deadline(of: oldest))
        }
        load.hasRoom(self, now: now)
    }

    private var oldestSent: UInt64? { requests.lazy.filter { $0.stream != nil }.map(\.sent).min() }

    override func loseAll(_ failure: LoadFailure) -> Int {
        session = Self.makeSession(load)
        request = HTTP2RepeatedRequest(request.head)
        let all = requests
        requests = []
        let now = monotonicNanoseconds()
        var lost = 0
        for request in all where request.stream != nil {
            lost += 1
            load.lost(failure, after: now > request.due ? now - request.due : 0)
        }
        return lost
    }
}

extension HTTP2Limits {
    /// What a load generator bears: whatever a server may do to a client that asks as fast as it can.
    fileprivate static func loadGenerator(window: UInt32) -> HTTP2Limits {
        let any = HTTP2Rate(burst: .max, perSecond: .max)
        var limits = HTTP2Limits()
        limits.connectionWindow = window
        limits.fieldBlock = 256 << 10
        limits.provokedResets = any
        limits.settings = any
        limits.pings = any
        limits.emptyData = any
        limits.continuations = any
        limits.priorities = any
        limits.ignoredFrames = any
        return limits
    }
}

package import ApusHTTP
import ApusNet
import ApusRuntime

/// A request of the same process, and its response: what a connection would do for them, with neither sockets nor bytes
/// on a wire. Limits, timeouts, back pressure and cancellation are those of a connection. Belongs to its loop.
@safe package final class InProcessExchange {
    /// A response's status and fields.
    package struct Head: Sendable {
        package var status: Status
        package var fields: HTTPFields
    }

    /// Why a response did not come, or not whole.
    package enum Failure: Error {
        /// The server broke it off.
        case brokenOff
        /// The client gave it up, or the server stopped.
        case abandoned
    }

    /// What the timer waits for.
    enum Deadline {
        /// The rest of the request's content.
        case content
        /// The response's begin.
        case answer
        /// The client, to take what was written.
        case reading
    }

    let server: ServerLoop
    let origin: InProcessOrigin
    let peerName: PeerName?
    /// The request, until its handler has returned and its response is produced.
    @safe @exclusivity(unchecked) var context: Context?
    /// The whole content has come.
    var contentEnded = false
    /// Nobody takes the rest of the content.
    var contentIsUnwanted = false
    /// The client left.
    private(set) var isAbandoned = false
    private var timer: ScheduledWork?
    /// Looks whether anything goes through a tunnel.
    private var tunnelTimer: ScheduledWork?
    /// The timer looks after the client's reading.
    var isWatchingReader = false
    /// Bytes that the client has taken, and had taken when the timer looked last.
    var taken = 0
    var takenAtTimer = 0

    // MARK: What the client waits for

    var head: Head?
    var headReader: CheckedContinuation<Head, any Error>?
    @safe @exclusivity(unchecked) var outgoing = HTTP2Outgoing()
    var outgoingEnded = false
    var writerWaits = false
    var failure: Failure?
    var reader: CheckedContinuation<[UInt8]?, any Error>?
    var contentWriter: CheckedContinuation<Bool, Never>?
    /// The fields behind the content, once that has ended.
    package internal(set) var trailers = HTTPFields()

    init(_ server: ServerLoop, _ origin: InProcessOrigin) {
        self.server = server
        self.origin = origin
        peerName = server.peerName(of: origin.remoteAddress)
    }

    var loop: EventLoop { server.loop }

    // MARK: The request

    /// Parses the head, finds the route and calls its handler, or has the content come first.
    func begin(_ request: InProcessRequest) {
        InProcessLoop.of(loop).insert(self)
        let context = server.takeSpare()
        self.context = context
        context.attach(to: self)
        let head = request.head
        let bytes = unsafe head.span.bytes
        switch server.http1Parser.parse(bytes, into: &context.headCell.value) {
        case .complete: break
        case .incomplete: return refuse(HTTPError(.badRequest, "the head is incomplete"))
        case .failure(let error): return refuse(HTTPError(error.status, "\(error.message)"))
        }
        context.showBytes(bytes)
        context.keepBytes()
        guard let found = unsafe server.find(context) else { return finishInline(context) }
        unsafe context.routeReference = found
        // Not `context.route`, which does not tell of what stands where there is no route.
        let route = unsafe found.takeUnretainedValue()
        server.noteBegin(context, route)
        if route.tunnel != nil { return beginTunnel(context, route) }
        if context.head.hasBody { return beginContent(context, route, request.content) }
        contentEnded = true
        run(context, route)
    }

    /// The answer to what is no request.
    private func refuse(_ error: HTTPError) {
        guard let context else { return }
        context.headCell.value.removeAll()
        server.noteBegin(context)
        context.noteFailure(.malformed)
        context.send(server.service.errorResponse(error, context))
        finishInline(context)
    }

    /// The request is whole, or its handler reads the content as it comes.
    func run(_ context: Context, _ route: Route) {
        guard route.isSynchronous else {
            if contentEnded { awaitAnswer(context) }
            context.task = server.tasks.run(context)
            return
        }
        server.call(route, context)
        finishInline(context)
    }

    /// An answer was given on the spot. It may still be produced.
    func finishInline(_ context: Context) {
        if context.stream != nil {
            context.task = server.tasks.run(context)
        } else {
            if !context.isAnswered {
                context.send(server.service.errorResponse(HTTPError(.internalServerError), context))
            }
            finish(context)
        }
    }

    // MARK: Time

    func awaitAnswer(_ context: Context) { arm(.answer, after: context.requestTimeout(server.timeouts.request)) }

    /// Has the timer look after so many milliseconds.
    func arm(_ deadline: Deadline, after milliseconds: UInt64) {
        timer?.cancel()
        let exchange = LoopBound(self, to: loop)
        timer = loop.schedule(after: .milliseconds(Int64(clamping: milliseconds))) { _ in
            exchange.value.look(deadline)
        }
    }

    private func look(_ deadline: Deadline) {
        timer = nil
        switch deadline {
        case .content: lookAtContent()
        case .answer:
            guard let context, !context.isAnswered else { return }
            server.service.limitCounts.count(.requestTimeout)
            context.noteFailure(.timedOut)
            context.task?.cancel()
            context.send(
                server.service.errorResponse(
                    HTTPError(.serviceUnavailable, "the answer took too long: try again later"), context))
        case .reading:
            guard outgoing.count >= HTTP2Exchange.highWaterMark else {
                isWatchingReader = false
                return
            }
            if taken == takenAtTimer { return abandon() }
            takenAtTimer = taken
            arm(.reading, after: server.timeouts.writeStall)
        }
    }

    /// Looks now and then whether anything went through the tunnel lately.
    func watchTunnel() {
        guard let context, let idleness = context.stream?.idleness else { return }
        guard let rest = idleness.rest(at: loop.tick, server.timeouts.tunnelIdle) else {
            server.service.limitCounts.count(.tunnelIdleTimeout)
            context.noteFailure(.timedOut)
            context.body.fail(TunnelIdleness.refusal)
            return abandon()
        }
        let exchange = LoopBound(self, to: loop)
        tunnelTimer = loop.schedule(after: .milliseconds(Int64(clamping: rest))) { _ in exchange.value.watchTunnel() }
    }

    // MARK: Ends

    /// The client leaves: the handler is cancelled, as when a connection closes.
    package func abandon() {
        guard !isAbandoned else { return }
        isAbandoned = true
        if !outgoing.isEmpty { outgoingEnded = false }
        outgoing.removeAll()
        fail(.abandoned)
        if let context {
            self.context = nil
            context.noteFailure(.clientGone)
            server.report(context, on: self)
            context.detach()
            context.body.fail(HTTPError(.badRequest, "the client closed the connection"))
            context.task?.cancel()
            context.stream?.sinkIsGone()
            if context.task == nil { server.giveBack(context) }
        }
        leave()
    }

    /// Tells whoever waits that no more will come.
    func fail(_ reason: Failure) {
        if !outgoingEnded, failure == nil { failure = reason }
        headReader?.resume(throwing: reason)
        headReader = nil
        if let failure, outgoing.isEmpty {
            reader?.resume(throwing: failure)
            reader = nil
        }
        letWriterGo(wanted: false)
    }

    func leave() {
        timer?.cancel()
        timer = nil
        tunnelTimer?.cancel()
        tunnelTimer = nil
        isWatchingReader = false
        InProcessLoop.of(loop).remove(self)
    }
}

extension InProcessExchange: RequestCarrier {
    var listener: UInt8 { origin.listener }
    var remoteAddress: SocketAddress? { origin.remoteAddress }
    var localAddress: SocketAddress? { origin.localAddress }
    var isSecure: Bool { origin.isSecure }
    var isRelayed: Bool { false }
    #if TLS
        var tls: TLSInfo? { origin.tls }
        var isReceivingEarly: Bool { false }
    #endif
}

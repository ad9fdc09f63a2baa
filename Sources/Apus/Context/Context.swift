public import ApusHTTP
import ApusNet
public import ApusRuntime

/// One request and what belongs to it, given to a handler.
///
/// It lives on its connection's loop and is not `Sendable`: take out of it what another task needs. It is used again
/// for another request when the handler has returned and nobody kept it; a kept one stays as it was, and answers
/// nothing any more.
@safe public final class Context {
    /// Who sends what the handler answers. Nil when the request is over.
    // Not counted, for it is set and read for every request: the transport sets it to nil before it goes.
    @safe @exclusivity(unchecked) unowned(unsafe) private(set) var transport: (any ResponseTransport)?
    /// The same while it speaks HTTP/1: called without counting a reference, for it is called for every request.
    @safe @exclusivity(unchecked) private var http1: Unmanaged<HTTP1Connection>?
    /// The head as places in `bytes`.
    let headCell: Cell<RequestHead>
    /// Captured parts of the path, as places in the decoded path.
    let matchCell = Cell(RouteMatch())
    /// The route that was found.
    // Not counted: the service keeps its routes.
    @safe @exclusivity(unchecked) var routeReference: Unmanaged<Route>?
    /// The percent-decoded path, when it differs from the one in the head.
    @safe @exclusivity(unchecked) var decodedPath: [UInt8]?

    // The head's bytes: the connection's, in place, while a synchronous handler runs; else our own copy.
    @safe @exclusivity(unchecked) private var start: UnsafeRawPointer?
    @safe @exclusivity(unchecked) private var count = 0
    @safe @exclusivity(unchecked) private var owned = Buffer()

    /// The loop that the request lives on.
    public let loop: EventLoop
    /// The content that comes with the request.
    public let body: RequestBody
    /// Fields that go with whatever the handler answers, unless the answer has them itself.
    public var responseFields: HTTPFields {
        get { extras?.responseFields ?? HTTPFields() }
        set { ensureExtras().responseFields = newValue }
    }
    /// What only some requests need.
    @safe @exclusivity(unchecked) var extras: Extras?
    /// What middleware found out about the request, and adds to its answer. Nil until one does.
    @safe @exclusivity(unchecked) var edge: RequestEdge?
    /// The same while no request has it, to be used again.
    @safe @exclusivity(unchecked) private var spareEdge: RequestEdge?
    /// A response was begun; another is a mistake of the handler.
    @safe @exclusivity(unchecked) var isAnswered = false
    /// What is kept of the request for those who observe.
    @safe @exclusivity(unchecked) var account = RequestAccount()
    /// The application, for what to answer to errors.
    unowned(unsafe) let service: Service

    // MARK: Of a request that outlives the call that brought it

    /// When its connection's pool was told of it, in the processor's ticks; 0 when it was not.
    @safe @exclusivity(unchecked) var inHandSince: UInt64 = 0
    /// The task that runs the handler.
    @safe @exclusivity(unchecked) var task: PooledTask?
    /// The response's content, while it is produced.
    @safe @exclusivity(unchecked) var stream: ResponseStream?
    @safe @exclusivity(unchecked) var decoder = HTTP1BodyDecoder()
    @safe @exclusivity(unchecked) var contentClock = ContentClock()
    /// The client waits for `100 Continue` before it sends content.
    @safe @exclusivity(unchecked) var awaitsContinue = false
    /// The response was given; only the rest of the content is still thrown away.
    @safe @exclusivity(unchecked) var isOver = false

    final class Extras {
        var responseFields = HTTPFields()
        var storage: [ObjectIdentifier: Any] = [:]
        var requestID: String?
        var query: Query?
        var cookies: Cookies?
    }

    /// A response to an error.
    func errorResponse(_ error: any Error) -> Response { unsafe service.errorResponse(error, self) }

    init(loop: EventLoop, service: Service) {
        self.loop = loop
        unsafe self.service = service
        headCell = Cell(RequestHead(limits: service.limits.head))
        body = RequestBody()
    }

    @inline(__always) var head: RequestHead {
        unsafeAddress { unsafe UnsafePointer(headCell.unsafeAddress) }
    }

    /// The route that was found.
    var route: Route? {
        guard let called, !called.isUnmatched else { return nil }
        return called
    }

    /// What is called: the route, or what answers where there is none.
    private var called: Route? { unsafe routeReference?.takeUnretainedValue() }

    @inline(__always) var match: RouteMatch { matchCell.value }

    func ensureExtras() -> Extras {
        if let extras { return extras }
        let made = Extras()
        extras = made
        return made
    }

    @inline(__always) func ensureEdge() -> RequestEdge { edge ?? makeEdge() }

    private func makeEdge() -> RequestEdge {
        let made = spareEdge ?? RequestEdge()
        spareEdge = nil
        edge = made
        return made
    }

    // MARK: The head's bytes

    /// Shows the head in place. The bytes must stay until `keepBytes` or `forgetBytes`.
    @inline(__always)
    func showBytes(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { raw in
            start = raw.baseAddress
            count = raw.count
        }
    }

    /// Copies the head, for a handler that outlives the bytes.
    func keepBytes() {
        guard unsafe start != nil, owned.isEmpty else { return }
        var copy = loop.buffers.take(atLeast: count)
        copy.append(bytes)
        swap(&copy, &owned)
        unsafe start = UnsafeRawPointer(owned.baseAddress)
    }

    /// How long the response may take to begin, in milliseconds.
    func requestTimeout(_ usual: UInt64) -> UInt64 {
        route?.options.timeout.map { $0.clampedNanoseconds / 1_000_000 } ?? usual
    }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: start ?? UnsafeRawPointer(bitPattern: 1)!, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Says who sends the answer.
    func attach(to transport: any ResponseTransport) {
        self.transport = transport
        http1 = nil
    }

    /// Says that the answer goes by HTTP/1.
    @inline(__always)
    func attach(to connection: HTTP1Connection) {
        transport = connection
        unsafe http1 = .passUnretained(connection)
    }

    /// Cuts the request off from its connection: whoever kept it reaches nobody any more.
    func detach() {
        transport = nil
        http1 = nil
        if body.transport != nil { body.leave() }
    }

    /// Ends the request: gives back what was borrowed, and forgets the rest.
    func reset() {
        transport = nil
        http1 = nil
        routeReference = nil
        if decodedPath != nil { decodedPath = nil }
        if extras != nil { extras = nil }
        if let used = edge {
            edge = nil
            used.clear()
            spareEdge = used
        }
        isAnswered = false
        if account.began != 0 { account = RequestAccount() }
        if task != nil || stream != nil || contentClock.hasBegun || inHandSince != 0 {
            inHandSince = 0
            task = nil
            stream = nil
            contentClock = ContentClock()
            awaitsContinue = false
            isOver = false
        }
        start = nil
        count = 0
        if owned.capacity > 0 {
            var copy = Buffer()
            swap(&copy, &owned)
            loop.buffers.give(copy)
        }
        body.reset(on: loop)
    }

    // MARK: Answering

    /// Sends a short answer whose bytes are at hand; they are copied.
    public func send(_ status: Status, _ contentType: StaticString, _ bytes: RawSpan) {
        guard !isAnswered else { return }
        if let http1 = http1 {
            isAnswered = true
            noteAnswer(status, Int64(bytes.byteCount))
            return unsafe http1._withUnsafeGuaranteedRef { $0.send(self, status, contentType, bytes) }
        }
        guard let transport else { return }
        if extras == nil && edge == nil || transport.writesAddedFields {
            isAnswered = true
            noteAnswer(status, Int64(bytes.byteCount))
            if status.code >= 500 { noteServerError() }
            transport.send(self, status, contentType, bytes)
        } else {
            let copy = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
            send(Response(status, [.contentType: contentType.description], body: .bytes(copy)))
        }
    }

    /// Sends a response. A handler that returns one need not call it.
    public func send(_ response: Response) {
        guard let transport, !isAnswered else { return }
        var response = response
        if opensTunnelWrongly(response) { response = withoutTunnel(response) }
        isAnswered = true
        noteAnswer(response.status, response.body.count ?? 0)
        if response.status.code >= 500 { noteServerError() }
        guard extras != nil || edge != nil, !transport.writesAddedFields else { return transport.send(self, response) }
        forEachAddedField(besides: response.fields) { response.fields.append($0) }
        transport.send(self, response)
    }
}

/// What carries responses to the client: a connection of some version of HTTP, or a test.
protocol ResponseTransport: AnyObject {
    /// Sends a whole response from bytes that are the caller's.
    func send(_ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan)
    /// Sends a response, its body included.
    func send(_ context: Context, _ response: Response)
    /// Whether what it sends gets the context's own fields there (``Context/forEachAddedField(besides:_:)``); else they
    /// are among those of the response that it is given.
    var writesAddedFields: Bool { get }
    /// Sends an interim response, before the final one.
    func sendInterim(_ context: Context, _ status: Status, _ fields: HTTPFields)
    /// Tells the client to send the content it holds back (`100 Continue`), if it does so.
    func continueRequest()
    /// The reader has taken `count` bytes of content: as much more may be received.
    func contentTaken(_ count: Int)
    /// The handler has returned and its response is produced.
    func finish(_ context: Context)
    /// The connection that the request came by; nil when it is gone.
    var carrier: (any RequestCarrier)? { get }
}

extension ResponseTransport {
    var writesAddedFields: Bool { false }
    /// One that can't send an interim response need not.
    func sendInterim(_ context: Context, _ status: Status, _ fields: HTTPFields) {}
}

extension Context: LoopWork {
    /// Runs an asynchronous handler, and whatever its response produces while it is sent.
    public func run() async {
        if stream == nil, !isAnswered, let handler = called?.asynchronous {
            do {
                try await handler(self)
                if !isAnswered { unsafe send(service.errorResponse(HTTPError(.internalServerError), self)) }
            } catch {
                // Whoever else cancels it has said why. What it failed of then, if not of that, is no fault of ours.
                if Task.isCancelled { noteFailure(.clientGone) }
                // Not what it sent was too much, but what everybody did.
                if body.refusal?.status == .serviceUnavailable { noteFailure(.shed) }
                unsafe send(service.errorResponse(error, self))
            }
        }
        if let stream { await stream.run(for: self) }
        transport?.finish(self)
    }
}

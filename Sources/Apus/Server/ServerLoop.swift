import ApusHTTP
import ApusNet
import ApusPool
import ApusRuntime
import CSystem

/// The application as one loop sees it: the routes, which never change while it runs, and what the loop's connections
/// share without a lock. Everything here belongs to the loop's thread.
@safe final class ServerLoop {
    let loop: EventLoop
    let service: Service
    // Not counted, for every request goes by them.
    private let serviceReference: Unmanaged<Service>
    /// How long a handler may hold the loop, in the processor's ticks.
    let holdLimitTicks: UInt64
    /// What reads the heads of HTTP/1.
    let http1Parser: HTTP1RequestParser
    /// What the connections of HTTP/2 share.
    @safe @exclusivity(unchecked) private(set) var http2: HTTP2Loop
    let tasks: TaskPool
    /// Whether requests may come before the handshake is done.
    let takesEarlyData: Bool
    /// What is borne from clients, but for their heads, whose limits stay those of the service.
    @safe @exclusivity(unchecked) private(set) var limits: ServerLimits
    @safe @exclusivity(unchecked) private(set) var timeouts: Timeouts
    /// What is held of contents for handlers that want them whole.
    let gathered: GatheredContent
    /// Whether anybody wants to know what becomes of the requests.
    let isObserved: Bool
    private let observation: LoopObservation?
    // Not counted, for every request that is observed goes by it.
    private let observationReference: Unmanaged<LoopObservation>?
    /// Whether a client's end leaves its handler alone.
    @safe @exclusivity(unchecked) private(set) var allowsHalfClose: Bool
    /// The context that the next head is parsed into.
    @safe @exclusivity(unchecked) var spare: Context
    /// The same, not counted, for the way of every request.
    @safe @exclusivity(unchecked) private(set) var spareReference: Unmanaged<Context>
    @safe @exclusivity(unchecked) private var contexts: [Context] = []
    @safe @exclusivity(unchecked) private var over: [Context] = []
    @safe @exclusivity(unchecked) private var willRecycle = false
    @safe @exclusivity(unchecked) private(set) var isDraining = false
    private var connections = 0
    /// The ways into the pools, by the place of the listener.
    private var pools: [ListenerPools?] = []
    // Not counted: the pools keep their lanes. Four for each listener, one for each protocol.
    @safe @exclusivity(unchecked) private var lanes: ContiguousArray<Unmanaged<PoolLane>?> = unsafe []
    /// What the connections are governed by, in the same places as the lanes.
    @safe @exclusivity(unchecked) private var rules: ContiguousArray<PoolRules> = []
    /// How long the last synchronous handler held the loop, in the processor's ticks.
    @safe @exclusivity(unchecked) private(set) var heldTicks: UInt64 = 0
    /// Nanoseconds in a tick of the processor, times 2³².
    private let tickScale = UInt64(4_294_967_296 / TickRate.perNanosecond)
    /// The requests of connections that are gone.
    @safe @exclusivity(unchecked) private(set) var requestsOfClosed = 0
    private let date = DateField()
    @safe @exclusivity(unchecked) private var dateSecond: UInt64 = .max
    /// The last opening that ``appendOpening(_:_:to:)`` has made, of `dateSecond`, and what it was made for.
    private let opening = Cell(Buffer(capacity: 256))
    @safe @exclusivity(unchecked) private var openingStatus = Status.ok
    @safe @exclusivity(unchecked) private var openingType: UnsafePointer<UInt8>?
    @safe @exclusivity(unchecked) private var openingTypeCount = 0

    /// The limits in the loop's milliseconds.
    struct Timeouts {
        let head, body, request, writeStall: UInt64
        let pace: ContentClock.Pace

        init(_ limits: ServerLimits) {
            func milliseconds(_ duration: Duration) -> UInt64 { duration.clampedNanoseconds / 1_000_000 }
            head = milliseconds(limits.headTimeout)
            body = milliseconds(limits.bodyTimeout)
            request = milliseconds(limits.requestTimeout)
            writeStall = milliseconds(limits.writeStallTimeout)
            pace = ContentClock.Pace(time: body, minimumRate: limits.bodyMinimumRate)
        }
    }

    /// The one of this service on the loop, made when it is first asked for. On the loop's thread.
    static func of(_ service: Service, on loop: EventLoop) -> ServerLoop {
        loop.local(ObjectIdentifier(service)) { ServerLoop(loop: loop, service: service) }
    }

    private init(loop: EventLoop, service: Service) {
        self.loop = loop
        self.service = service
        unsafe serviceReference = .passUnretained(service)
        holdLimitTicks = loop.holdLimitTicks
        http1Parser = HTTP1RequestParser(limits: service.limits.head)
        http2 = HTTP2Loop(service.limits, takesTunnels: service.takesUpgrades)
        tasks = TaskPool(loop: loop)
        limits = service.limits
        timeouts = Timeouts(service.limits)
        gathered = GatheredContent(loop: loop, limit: service.limits.gatheredContent)
        takesEarlyData = service.takesEarlyData
        allowsHalfClose = service.limits.allowsHalfClose
        let observation = service.observation.map { LoopObservation($0, service) }
        self.observation = observation
        unsafe observationReference = observation.map { unsafe Unmanaged.passUnretained($0) }
        isObserved = observation != nil
        spare = Context(loop: loop, service: service)
        unsafe spareReference = .passUnretained(spare)
    }

    /// Takes other limits over. Those of HTTP/2 hold for connections that come from now on.
    func take(_ limits: ServerLimits) {
        self.limits = limits
        timeouts = Timeouts(limits)
        allowsHalfClose = limits.allowsHalfClose
        gathered.limit = limits.gatheredContent
        http2 = HTTP2Loop(limits, takesTunnels: service.takesUpgrades)
        for (index, pools) in pools.enumerated() { if let pools { takeRules(of: pools, at: index) } }
    }

    /// What the connections of a listener are governed by that speak a protocol.
    @inline(__always)
    func rules(_ kind: ServedProtocol, of listener: UInt8) -> PoolRules {
        rules[Int(listener) &* ServedProtocol.allCases.count &+ Int(kind.rawValue)]
    }

    private func takeRules(of pools: ListenerPools, at listener: Int) {
        for kind in ServedProtocol.allCases {
            rules[listener * ServedProtocol.allCases.count + Int(kind.rawValue)] = pools.rules(kind)
        }
    }

    /// A connection is gone that had so many requests.
    func count(requestsOfClosed count: Int) { requestsOfClosed &+= count }

    /// What it keeps of the slowest requests, when somebody wants to see them.
    var slowest: SlowestRequests? { observation?.slowest }

    @inline(__always)
    func withObservation(_ body: (LoopObservation) -> Void) {
        unsafe observationReference?._withUnsafeGuaranteedRef { body($0) }
    }

    /// The route of a request, unless it has been answered: see `Service.find(_:)`.
    @inline(__always) func find(_ context: Context) -> Unmanaged<Route>? {
        if takesEarlyData, refusesEarly(context) { return nil }
        return unsafe serviceReference._withUnsafeGuaranteedRef { unsafe $0.find(context, self) }
    }

    /// Has a request sent again that may be a copy of one that was served (RFC 8470, 5.2), unless it changes nothing.
    @inline(never)
    private func refusesEarly(_ context: Context) -> Bool {
        guard context.isEarly, !context.method.isSafe else { return false }
        noteBegin(context)
        context.send(
            service.errorResponse(
                HTTPError(.tooEarly, "the handshake is not done: send the request again when it is"), context))
        return true
    }

    /// Calls a synchronous handler; what it throws is answered, and who holds the loop too long is named.
    @inline(__always)
    func call(_ route: Route, _ context: Context) {
        let began = apus_ticks()
        do {
            try route.call(context)
        } catch {
            context.send(service.errorResponse(error, context))
        }
        heldTicks = apus_ticks() &- began
        if heldTicks > holdLimitTicks { reportHold(by: route, since: began) }
    }

    @inline(never)
    private func reportHold(by route: Route, since began: UInt64) {
        loop.reportHold(of: route.pattern.description, since: began)
    }

    /// What speaks with a new client.
    ///
    /// - Parameters:
    ///   - alpn: The protocol that TLS has agreed on (RFC 7301), or nil. Without TLS a client may still go over to HTTP/2.
    ///   - listener: The place of the listener that accepted it.
    ///   - pools: The pools of that listener.
    func handler(
        speaking alpn: String?, on listener: UInt8, in pools: ListenerPools
    ) -> any ConnectionHandler {
        while self.pools.count <= listener {
            self.pools.append(nil)
            unsafe lanes.append(contentsOf: repeatElement(nil, count: ServedProtocol.allCases.count))
            let standard = PoolRules(limits, PoolSettings())
            rules.append(contentsOf: repeatElement(standard, count: ServedProtocol.allCases.count))
        }
        if self.pools[Int(listener)] == nil {
            self.pools[Int(listener)] = pools
            takeRules(of: pools, at: Int(listener))
        }
        return alpn == "h2"
            ? HTTP2Connection(server: self, listener: listener) : HTTP1Connection(server: self, listener: listener)
    }

    /// The way into the pool of a protocol; nil where there are no pools, as in a test within the process.
    func openLane(_ kind: ServedProtocol, of listener: UInt8) -> PoolLane? {
        guard listener < pools.count, let pools = pools[Int(listener)] else { return nil }
        // Every connection comes by here: only the first of its kind asks the pools, which have locks.
        if let known = unsafe self.lane(kind, of: listener) { return unsafe known.takeUnretainedValue() }
        let lane = pools.pool(kind).lane(on: loop)
        unsafe lanes[Int(listener) &* ServedProtocol.allCases.count &+ Int(kind.rawValue)] = .passUnretained(lane)
        return lane
    }

    /// The same, where it is open.
    @inline(__always)
    func lane(_ kind: ServedProtocol, of listener: UInt8) -> Unmanaged<PoolLane>? {
        unsafe lanes[Int(listener) &* 4 &+ Int(kind.rawValue)]
    }

    /// What so many ticks are; 0 when the processors' counters disagree by so little that time seems to run backwards.
    @inline(__always)
    func nanoseconds(_ ticks: UInt64) -> UInt64 {
        guard ticks < 1 << 63 else { return 0 }
        let product = ticks.multipliedFullWidth(by: tickScale)
        return product.high << 32 | product.low >> 32
    }

    /// Takes the spare context into use for a request that outlives the call, and puts another in its place.
    func takeSpare() -> Context {
        let taken = spare
        if contexts.isEmpty { recycle() }
        spare = contexts.popLast() ?? Context(loop: loop, service: service)
        unsafe spareReference = .passUnretained(spare)
        return taken
    }

    /// Takes a context back whose request is over. Its task still holds it now: what can be used again is found out
    /// when the next one comes.
    func giveBack(_ context: Context) {
        context.detach()
        if over.count >= 8 { recycle() }
        over.append(context)
        if context.body.waitingCount >= Self.muchUnread { recycleSoon() }
    }

    /// Bytes that nobody has read above which a request's memory is not kept until the next one comes.
    private static let muchUnread = 16 << 10

    @inline(never)
    private func recycleSoon() {
        guard !willRecycle else { return }
        willRecycle = true
        loop.schedule(after: .milliseconds(1)) { [service] loop in
            let server = ServerLoop.of(service, on: loop)
            server.willRecycle = false
            server.recycle()
        }
    }

    /// Makes contexts ready whose requests are over; one that its handler kept is left to it.
    private func recycle() {
        while var context = over.popLast() {
            guard contexts.count < 256, isKnownUniquelyReferenced(&context) else { continue }
            context.reset()
            contexts.append(context)
        }
    }

    /// Makes the spare context ready for the next head; one that its handler kept is left to it.
    @inline(__always)
    func recycleSpare() {
        guard isKnownUniquelyReferenced(&spare) else { return replaceSpare() }
        unsafe spareReference._withUnsafeGuaranteedRef { $0.reset() }
    }

    /// The spare context without a request, for the answer to what never became a whole one: what the parser left in the
    /// head are places in bytes that the context does not show.
    func spareWithoutRequest() -> Context {
        spare.headCell.value.removeAll()
        return spare
    }

    @inline(never)
    private func replaceSpare() {
        spare.keepBytes()
        spare.detach()
        spare = contexts.popLast() ?? Context(loop: loop, service: service)
        unsafe spareReference = .passUnretained(spare)
    }

    // MARK: The stage

    /// Where the answers that are given inline gather, until the bytes that asked for them are worked off: then they
    /// leave together, most often straight from here.
    let stage = Cell(Buffer(capacity: 64 << 10))

    /// Whether the stage takes another small answer.
    @inline(__always) var stageHasRoom: Bool { stage.value.available >= 4096 }

    /// Hands what is on the stage to the connection.
    @inline(__always)
    func flushStage(to connection: Connection) {
        guard !stage.value.isEmpty else { return }
        unsafe connection.writeThrough(RawSpan(_unsafeStart: stage.value.baseAddress, byteCount: stage.value.count))
        stage.value.removeAll()
    }

    /// Writes the head of an answer up to the number of `Content-Length`: at most 128 bytes, and the type. It is kept for
    /// the next answer, which most often begins the same.
    @inline(__always)
    func appendOpening(_ status: Status, _ contentType: StaticString, to buffer: inout Buffer) {
        let second = loop.now / 1_000_000_000
        let isSameType =
            unsafe contentType.utf8Start == openingType && contentType.utf8CodeUnitCount == openingTypeCount
        if !isSameType || status != openingStatus || second != dateSecond || opening.value.isEmpty {
            makeOpening(status, contentType)
        }
        unsafe buffer.append(RawSpan(_unsafeStart: opening.value.baseAddress, byteCount: opening.value.count))
    }

    // The memory of the last one serves for this one: an opening of another length costs no allocation.
    @inline(never)
    private func makeOpening(_ status: Status, _ contentType: StaticString) {
        updateDate()
        opening.value.removeAll()
        opening.value.appendStatusLine(status)
        date.append(to: &opening.value)
        opening.value.append("Content-Type: ")
        opening.value.append(contentType)
        opening.value.append("\r\nContent-Length: ")
        openingStatus = status
        unsafe openingType = contentType.utf8Start
        openingTypeCount = contentType.utf8CodeUnitCount
    }

    /// Writes `Date: …` with its line end (RFC 9110, 6.6.1), which is made once a second.
    @inline(__always)
    func appendDate(to buffer: inout Buffer) {
        updateDate()
        date.append(to: &buffer)
    }

    @inline(__always)
    private func updateDate() {
        let second = loop.now / 1_000_000_000
        guard second != dateSecond else { return }
        dateSecond = second
        date.update()
        opening.value.removeAll()
    }

    /// Lets connections end after the request in hand. Idle ones, and handshakes, may still bring one for a while.
    func drain(keepingIdleFor grace: Duration) {
        isDraining = true
        forEachConnection { connection in
            (connection.handler as? any ServerConnection)?.drain(connection)
        }
        guard grace > .zero else { return endIdle() }
        loop.schedule(after: grace) { [service] loop in ServerLoop.of(service, on: loop).endIdle() }
    }

    private func endIdle() {
        forEachConnection { connection in
            #if TLS
                // It would have no handler to be told before its handshake is done.
                if connection.isHandshaking { return connection.close() }
            #endif
            (connection.handler as? any ServerConnection)?.endIdle(connection)
        }
    }

    private func forEachConnection(_ body: (Connection) -> Void) {
        loop.forEachEndpoint { endpoint in
            if let connection = endpoint as? Connection { body(connection) }
        }
    }
}

extension ServerLoop: LoopLocal {
    /// The tasks that wait for a request would wait for ever.
    func loopEnds() { tasks.close() }
}

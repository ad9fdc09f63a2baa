import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// Who observes the requests of a service. A service that nobody observes has none.
final class Observation: Sendable {
    /// Counts requests by route.
    let metrics: RequestMetrics?
    /// Write a line for each request.
    let logs: [AccessLog]
    /// Called on the loop, for each request.
    let observers: [@Sendable (ServedRequest) -> Void]
    /// Whether the slowest requests are kept, for the dashboard.
    let keepsSlowest: Bool

    /// Nil when there is nobody.
    init?(
        metrics: RequestMetrics?, logs: [AccessLog], observers: [@Sendable (ServedRequest) -> Void],
        keepsSlowest: Bool = false
    ) {
        guard metrics != nil || !logs.isEmpty || !observers.isEmpty || keepsSlowest else { return nil }
        self.metrics = metrics
        self.logs = logs
        self.observers = observers
        self.keepsSlowest = keepsSlowest
    }
}

/// Those who observe the requests of one loop. Everything here belongs to the loop's thread.
@safe final class LoopObservation {
    private let meters: LoopRequestMeters?
    // Not counted, for every request goes by it.
    private let metersReference: Unmanaged<LoopRequestMeters>?
    private let logs: [LoopAccessLog]
    /// Whether the addresses of clients are kept with their connections.
    let namesPeers: Bool
    private let observers: [@Sendable (ServedRequest) -> Void]
    /// The slowest of them, for the dashboard.
    let slowest: SlowestRequests?
    /// Nanoseconds in a tick of the processor, times 2³².
    private let tickScale: UInt64

    init(_ observation: Observation, _ service: Service) {
        let meters = observation.metrics.map { LoopRequestMeters($0) }
        self.meters = meters
        unsafe metersReference = meters.map { unsafe Unmanaged.passUnretained($0) }
        logs = observation.logs.map { LoopAccessLog($0, service) }
        namesPeers = !logs.isEmpty
        observers = observation.observers
        slowest = observation.keepsSlowest ? SlowestRequests() : nil
        tickScale = UInt64(4_294_967_296 / TickRate.perNanosecond)
    }

    /// A head is whole.
    @inline(__always)
    func begin(_ context: Context) {
        context.account.began = apus_ticks()
        unsafe metersReference?._withUnsafeGuaranteedRef { $0.requestBegan() }
    }

    /// The response was sent, or never will be. Told of each request once.
    @inline(never)
    func end(_ context: Context, on carrier: any RequestCarrier) {
        let account = context.account
        guard account.began != 0, !account.isReported else { return }
        context.account.isReported = true
        let duration = nanoseconds(apus_ticks() &- account.began)
        let received = context.contentClock.received
        let planned = context.stream?.written ?? account.length
        let sent = max(0, planned - Int64(account.unsent))
        unsafe metersReference?._withUnsafeGuaranteedRef {
            $0.requestEnded(context, account, received: Int(received), sent: Int(sent), nanoseconds: duration)
        }
        if !logs.isEmpty {
            let first = account.answered == 0 ? duration : nanoseconds(account.answered &- account.began)
            let entry = LoopAccessLog.Entry(
                status: account.status == 0 ? 499 : Int(account.status), received: Int(received), sent: Int(sent),
                duration: duration, firstByte: first, failure: account.failure)
            for log in logs { log.write(context, entry, carrier) }
        }
        if let slowest, duration > slowest.threshold {
            let first = account.answered == 0 ? duration : nanoseconds(account.answered &- account.began)
            let receiving = account.whole == 0 ? 0 : nanoseconds(account.whole &- account.began)
            slowest.note(
                context, account, on: carrier, received: received, sent: sent,
                (total: duration, receiving: receiving, first: first))
        }
        if !observers.isEmpty { tell(context, account, carrier, received, sent, duration) }
    }

    @inline(never)
    private func tell(
        _ context: Context, _ account: RequestAccount, _ carrier: any RequestCarrier, _ received: Int64,
        _ sent: Int64, _ duration: UInt64
    ) {
        let first = account.answered == 0 ? duration : nanoseconds(account.answered &- account.began)
        let names = carrier.server.service.listeners
        let listener = Int(carrier.listener)
        let served = ServedRequest(
            context: context, route: context.route, status: Status(Int(account.status)), bytesReceived: received,
            bytesSent: sent, timeToFirstByte: .nanoseconds(Int64(clamping: first)),
            duration: .nanoseconds(Int64(clamping: duration)),
            listener: listener < names.count ? names[listener] : "", isSecure: carrier.isSecure,
            remoteAddress: carrier.remoteAddress, failure: account.failure)
        for observer in observers { observer(served) }
    }

    /// What so many ticks are; 0 when the processors' counters disagree by so little that time seems to run backwards.
    @inline(__always)
    private func nanoseconds(_ ticks: UInt64) -> UInt64 {
        guard ticks < 1 << 63 else { return 0 }
        let product = ticks.multipliedFullWidth(by: tickScale)
        return product.high << 32 | product.low >> 32
    }
}

extension ServerLoop {
    /// A request is to be served: from here on its time is measured, if anybody wants to know.
    @inline(__always)
    func noteBegin(_ context: Context, _ route: Route) {
        if isObserved, route.isObserved { withObservation { $0.begin(context) } }
    }

    /// The same for what has no route, or is no request.
    func noteBegin(_ context: Context) {
        if isObserved { withObservation { $0.begin(context) } }
    }

    /// What logs call the client at an address; nil when nothing is logged.
    func peerName(of address: @autoclosure () -> SocketAddress?) -> PeerName? {
        var name: PeerName?
        if isObserved { withObservation { if $0.namesPeers { name = PeerName(address()) } } }
        return name
    }

    /// The response to the request in `context` was sent as a whole, or never will be.
    @inline(__always)
    func report(_ context: Context, on carrier: any RequestCarrier) {
        if isObserved, context.account.began != 0 { withObservation { $0.end(context, on: carrier) } }
    }
}

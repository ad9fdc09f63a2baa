import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Accepts connections on one loop and gives each a handler. One of several when a server listens on many loops.
///
/// It leaves arriving connections in the kernel's backlog while it has a reason to (`Pause`), and looks again when the
/// last reason is gone.
final class Listener: Endpoint {
    /// Why arriving connections wait in the backlog.
    struct Pause: OptionSet {
        let rawValue: UInt8
        /// The process has as many connections as it may.
        static let full = Pause(rawValue: 1 << 0)
        /// Accepting failed, and is tried again in a while.
        static let resting = Pause(rawValue: 1 << 1)
        /// Whoever takes the connections doesn't keep up.
        static let held = Pause(rawValue: 1 << 2)
        /// As many handshakes are under way as may be.
        static let handshakes = Pause(rawValue: 1 << 3)
    }

    /// How long the backlog is left alone after accepting failed.
    private static let restMilliseconds: UInt64 = 100

    let rules: AcceptRules
    private let balance: AcceptBalance
    private let place: Int
    private var shedder = Shedder()
    private var pauses: Pause = []
    /// A connection that was accepted when there was no place; the first to have one.
    private var waiting: CInt = -1
    private var refusals: RefusalDesk
    /// It was asked to stop; what the kernel accepts until it has closed is served.
    private var isEnding = false

    init(loop: EventLoop, descriptor: CInt, rules: AcceptRules, balance: AcceptBalance) {
        self.rules = rules
        self.balance = balance
        place = balance.place(of: loop)
        #if TLS && canImport(COpenSSL)
            // A peer that speaks TLS can't be told in plain words.
            refusals = RefusalDesk(answer: rules.tls == nil ? rules.refusal : [])
        #else
            refusals = RefusalDesk(answer: rules.refusal)
        #endif
        super.init(loop: loop, descriptor: descriptor)
    }

    /// Accepts, or when it is held leaves connections in the backlog until `goOn()`.
    func open(isHeld: Bool) {
        loop.attach(self)
        balance.opened(id, at: place)
        if isHeld { pauses.insert(.held) } else { startAccepting() }
    }

    // MARK: Accepting

    override func accepted(_ peer: CInt) {
        let speaksProxy = rules.proxyProtocol.applies(to: peer)
        let client = speaksProxy ? Admission.ClientKey.uncounted : rules.clientKey(of: peer)
        switch rules.admission.admit(client, orWait: rules.admission.letsWait) {
        case .admitted:
            let chosen = balance.admit(at: place)
            if chosen != place { return balance.hand(peer, client, rules, speaksProxy: speaksProxy, to: chosen) }
            begin(peer, client, speaksProxy: speaksProxy)
        case .full where rules.admission.letsWait && waiting < 0:
            waiting = peer
            waitForPlace()
        case .full:
            rules.onRefusal?(loop, false)
            refusals.refuse(peer, on: loop)
        case .addressFull:
            rules.onRefusal?(loop, true)
            refusals.refuse(peer, on: loop)
        }
    }

    /// Begins a connection that has its place. Also called for one that another loop has accepted, let in, and counted
    /// for this one.
    func begin(_ peer: CInt, _ client: Admission.ClientKey, speaksProxy: Bool) {
        rules.begin(peer, client, speaksProxy: speaksProxy, on: loop, balance, at: place)
        #if TLS && canImport(COpenSSL)
            if let serving = rules.tls, !speaksProxy { awaitHandshakes(serving) }
        #endif
    }

    #if TLS && canImport(COpenSSL)
        private func awaitHandshakes(_ serving: TLSServing) {
            guard !serving.hasPlace, !pauses.contains(.handshakes) else { return }
            pause(.handshakes)
            let loop = self.loop
            let id = self.id
            serving.awaitPlace { loop.execute { loop in (loop.find(id) as? Listener)?.resume(.handshakes) } }
        }
    #endif

    private func waitForPlace() {
        pause(.full)
        let loop = self.loop
        let id = self.id
        rules.admission.awaitPlace { loop.execute { loop in (loop.find(id) as? Listener)?.placeIsFree() } }
    }

    private func placeIsFree() {
        let peer = waiting
        waiting = -1
        resume(.full)
        if peer >= 0 { accepted(peer) }
    }

    /// Leaves connections in the backlog until `release()`. Loop only.
    func hold() { pause(.held) }

    /// Accepts again after `hold()`. Loop only.
    func goOn() { resume(.held) }

    private func pause(_ reason: Pause) {
        pauses.insert(reason)
        pauseAccepting()
    }

    private func resume(_ reason: Pause) {
        pauses.remove(reason)
        if pauses.isEmpty, isOpen, !isReceiving { startAccepting() }
    }

    // MARK: Failing

    override func acceptFailed(_ error: SystemError) {
        shedder.note(error, on: loop)
        if !shedder.shed(error, from: descriptor) { rest() }
    }

    /// Doesn't look at the backlog for a while: the poller would tell of it again and again.
    private func rest() {
        pause(.resting)
        setTimer(at: loop.tick + Self.restMilliseconds)
    }

    override func timerFired() { resume(.resting) }

    // MARK: Ending

    /// Accepts what has already arrived, for those peers believe that they are connected, then closes.
    func stop() {
        guard isOpen else { return }
        var left = 4096
        while left > 0, pauses.isEmpty, isOpen {
            let peer = apus_accept_errno(descriptor, nil, nil)
            guard peer >= 0 else { break }
            accepted(peer)
            left -= 1
        }
        isEnding = true
        close()
    }

    /// Its peer believes that it is connected, and the server still answers those who are.
    override func acceptedLate(_ peer: CInt) {
        if isEnding { accepted(peer) } else { super.acceptedLate(peer) }
    }

    override func closed() {
        shedder.close()
        if waiting >= 0 { closeDescriptor(waiting) }
        waiting = -1
    }
}

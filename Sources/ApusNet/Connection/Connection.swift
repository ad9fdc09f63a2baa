public import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A stream connection: TCP, or a Unix socket. It lives on one loop; every member belongs to that loop's thread.
///
/// Received bytes are shown to the handler in place. Written bytes are copied into a pooled buffer and leave
/// together at the end of the loop's turn, so many small writes cost one system call. An idle connection owns no
/// buffer at all.
///
/// ```
/// connecting ── connected ── open ─┬─ closeAfterWriting() ── what is queued is sent ───────────────┬─ closed
///      └── refused, late ──────────┤                                                              │
///                                  ├─ closeLingering() ── sent ── our end ── the peer's end, 2 s ──┤
///                                  └─ abort(), failed ─────────────────────────────────────────────┘
/// ```
public final class Connection: Endpoint {
    struct Flags: OptionSet {
        let rawValue: UInt16
        /// Close when everything queued has been sent.
        static let closeWhenSent = Flags(rawValue: 1 << 0)
        /// The peer has sent its end.
        static let peerEnded = Flags(rawValue: 1 << 1)
        /// Our end was sent; what still arrives is thrown away.
        static let lingering = Flags(rawValue: 1 << 2)
        /// The queue went above the high-water mark; the handler waits for `writable`.
        static let aboveHighWater = Flags(rawValue: 1 << 3)
        /// The handler is being shown bytes.
        static let presenting = Flags(rawValue: 1 << 4)
        /// Send our end once everything queued has been sent.
        static let endWhenSent = Flags(rawValue: 1 << 5)
        /// Read what the peer still sends before closing, so that our last bytes are not lost to a reset.
        static let lingerWhenSent = Flags(rawValue: 1 << 6)
        /// The peer has not answered yet; see `connect(to:on:options:handler:)`.
        static let connecting = Flags(rawValue: 1 << 7)
        /// The kernel reads from `output` (io_uring): nothing may be appended to it.
        static let outputWithKernel = Flags(rawValue: 1 << 8)

        /// The handler wants no more bytes: it has asked for the close.
        static let deaf: Flags = [.closeWhenSent, .lingerWhenSent, .lingering]
    }

    /// Queued bytes above which a writer should wait for `writable`.
    public static let highWaterMark = 256 << 10
    /// Queued bytes below which `writable` is told.
    public static let lowWaterMark = 64 << 10

    @safe @exclusivity(unchecked) var flags: Flags = []
    /// The place of its loop among those of the listener.
    @safe @exclusivity(unchecked) private var place: UInt16 = 0
    /// The error that ended it (`errno`, which is small everywhere); 0 for none.
    @safe @exclusivity(unchecked) private var failure: Int16 = 0
    /// The protocol spoken; nil once closed.
    @safe @exclusivity(unchecked) public internal(set) var handler: (any ConnectionHandler)?
    /// Bytes written in this turn. See `reserve(_:)`.
    @safe @exclusivity(unchecked) public var output = Buffer()
    @safe @exclusivity(unchecked) var inbound = Buffer()
    @safe @exclusivity(unchecked) var queue: WriteQueue?
    @safe @exclusivity(unchecked) private var client = Admission.ClientKey.uncounted
    /// What counts it; nil for one that nobody accepted.
    @safe @exclusivity(unchecked) private var balance: AcceptBalance?
    /// Told by a load balancer, or asked of the system before; any other connection pays a word for it.
    @safe @exclusivity(unchecked) private var known: KnownAddresses?

    #if TLS && canImport(COpenSSL)
        /// TLS, where it is spoken.
        @safe @exclusivity(unchecked) var tls: TLSSession?

        /// A connection that has no handler before its handshake is done.
        override init(loop: EventLoop, descriptor: CInt) {
            super.init(loop: loop, descriptor: descriptor)
        }
    #endif

    /// A connection on an open, connected, non-blocking socket, which it owns.
    public init(loop: EventLoop, descriptor: CInt, handler: any ConnectionHandler) {
        self.handler = handler
        super.init(loop: loop, descriptor: descriptor)
    }

    /// Has the place given back when the connection is gone, as one of `client`.
    func counted(as client: Admission.ClientKey) { self.client = client }

    /// Has the place given back, and the loop's share be one less, when the connection is gone.
    func counted(by balance: AcceptBalance, at place: Int, as client: Admission.ClientKey) {
        self.balance = balance
        self.place = UInt16(clamping: place)
        self.client = client
    }

    /// Whether it was accepted by a listener, and not made by this side.
    package var isAccepted: Bool { balance != nil }

    /// Attaches to the loop, tells the handler, and starts to receive. Loop only.
    public func open() {
        loop.attach(self)
        handler?.connected(self)
        startReceiving()
    }

    /// Hands the connection to another protocol (an upgrade). Bytes that the old one did not consume are shown to
    /// the new one: at once when it is called within `received`, else by `presentKept()`.
    public func setHandler(_ handler: any ConnectionHandler) {
        self.handler = handler
    }

    /// Whether TLS protects what is sent.
    public var isSecure: Bool {
        #if TLS && canImport(COpenSSL)
            tls != nil
        #else
            false
        #endif
    }

    // MARK: Addresses

    /// The peer's address: what a trusted load balancer told (PROXY protocol), else asked of the system, once. Nil when
    /// the connection is gone before anybody asked.
    public var remoteAddress: SocketAddress? {
        if let known { return known.remote }
        guard let remote = SocketAddress.remote(of: descriptor) else { return nil }
        known = KnownAddresses(remote: remote, local: nil)
        return remote
    }

    /// The error that ended it; 0 for none.
    var failureCode: CInt {
        get { CInt(failure) }
        set { failure = Int16(clamping: newValue) }
    }

    /// The peer's address, which is not kept: for who looks at very many connections once.
    package var peerNow: SocketAddress? { known?.remote ?? SocketAddress.remote(of: descriptor) }

    /// Our own address: the one that the peer connected to according to a trusted load balancer, else asked of the
    /// system. Nil when the connection is gone.
    public var localAddress: SocketAddress? { known?.local ?? SocketAddress.local(of: descriptor) }

    /// Whether a load balancer has told the addresses of the connection that it relays, by the PROXY protocol.
    package var isRelayed: Bool { known?.local != nil }

    /// From now on these stand for the addresses that the system knows, which are a load balancer's.
    public func setAddresses(remote: SocketAddress, local: SocketAddress) {
        known = KnownAddresses(remote: remote, local: local)
    }

    private final class KnownAddresses {
        let remote: SocketAddress
        /// What a load balancer told.
        let local: SocketAddress?
        init(remote: SocketAddress, local: SocketAddress?) {
            self.remote = remote
            self.local = local
        }
    }

    /// Whether the peer has sent its end.
    public var hasPeerEnded: Bool { flags.contains(.peerEnded) }

    // MARK: Notifications

    public override func received(_ bytes: RawSpan) {
        #if TLS && canImport(COpenSSL)
            if let tls { return receivedCiphertext(bytes, tls) }
        #endif
        receivedPlaintext(bytes)
    }

    /// Bytes for the handler.
    @inline(__always) func receivedPlaintext(_ bytes: RawSpan) {
        guard flags.isDisjoint(with: .deaf) else { return }
        if inbound.isEmpty, let handler {
            let consumed = handler.received(bytes, on: self)
            if consumed < bytes.byteCount, isOpen {
                keep(bytes.extracting(consumed..<bytes.byteCount))
                if self.handler !== handler { presentKept() }
            }
        } else {
            keep(bytes)
            presentKept()
        }
    }

    public override func readable() { (handler as? Forwarder)?.readable(on: self) }

    public override func receivedEnd() {
        #if TLS && canImport(COpenSSL)
            if let tls { return receivedSocketEnd(tls) }
        #endif
        guard !flags.contains(.lingering) else { return close() }
        guard !flags.contains(.peerEnded) else { return }
        flags.insert(.peerEnded)
        handler?.receivedEnd(on: self)
    }

    public override func peerHungUp() { handler?.peerHungUp(on: self) }

    public override func flush() {
        #if TLS && canImport(COpenSSL)
            if let tls { return flushTLS(tls) }
        #endif
        // Without room in the kernel, `sendCompleted` comes first.
        if !isAwaitingWritable { sendQueued() }
    }

    public override func sendCompleted(_ count: Int) {
        if flags.contains(.connecting) { return finishConnecting() }
        noteSent(count)
        #if TLS && canImport(COpenSSL)
            if let tls { ciphertextSent(count, tls) }
        #endif
        if flags.contains(.outputWithKernel) {
            flags.remove(.outputWithKernel)
            output.discard(count)
            if output.isEmpty { giveOutputBack() }
            noteLowWater()
        } else if let queue, queue.isPending {
            queue.isPending = false
            queue.discard(count, into: loop.buffers)
            noteLowWater()
        }
        if isOpen { flush() }
    }

    public override func timerFired() {
        if flags.contains(.connecting) {
            failed(SystemError(code: ETIMEDOUT, call: "connect"))
        } else if flags.contains(.lingering) {
            close()
        } else {
            #if TLS && canImport(COpenSSL)
                if let tls, tls.handshake != nil || tls.flags.contains(.broken) { return tlsTimerFired(tls) }
            #endif
            handler?.timerFired(on: self)
        }
    }

    public override func failed(_ error: SystemError) {
        failureCode = error.code
        close()
    }

    public override func closed() {
        let unsent = queuedCount
        giveOutputBack()
        loop.buffers.give(takeInbound())
        queue?.removeAll(into: loop.buffers)
        queue = nil
        let last = handler
        handler = nil
        balance?.leave(Int(place), client)
        balance = nil
        var call = flags.contains(.connecting) ? "connect" : "connection"
        #if TLS && canImport(COpenSSL)
            if let tls {
                tlsClosed(tls)
                if tls.failure != nil { call = "TLS" }
            }
        #endif
        if unsent > 0 { last?.lost(unsent, on: self) }
        last?.closed(self, error: failureCode == 0 ? nil : SystemError(code: failureCode, call: call))
    }
}

import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sends what one connection receives on another: by splice where the driver tells of readiness, else by a copy.
///
/// One portion is under way at a time. While it is, the source isn't read, so a target that doesn't take it makes the
/// source's peer wait.
final class Forwarder: ConnectionHandler {
    /// The protocol of the source, which still hears of all but the bytes.
    private let inner: any ConnectionHandler
    private let target: Connection
    private let pipe: SplicePipe?
    private var source: Connection?
    /// A portion waits in the target's queue.
    private var isBusy = false
    /// The source's end has come, behind bytes that have not gone on yet.
    private var isEndPending = false

    var protocolName: String { inner.protocolName }

    init(from source: Connection, to target: Connection, inner: any ConnectionHandler) {
        self.source = source
        self.target = target
        self.inner = inner
        #if TLS && canImport(COpenSSL)
            let isPlain = source.tls == nil && target.tls == nil
        #else
            let isPlain = true
        #endif
        // What is encrypted must come into this process.
        pipe = source.loop.sendsAtOnce && isPlain ? SplicePipe() : nil
    }

    func begin() {
        guard let source else { return }
        source.readsItself = pipe != nil
        goOn(source)
    }

    private func goOn(_ source: Connection) {
        source.presentKept()
        guard !isBusy, source.isOpen, source.keptCount == 0 else { return }
        if isEndPending {
            isEndPending = false
            inner.receivedEnd(on: source)
        } else {
            source.startReceiving()
        }
    }

    /// The portion under way has gone, or never will.
    func sent() {
        isBusy = false
        guard let source, source.isOpen, target.isOpen else { return }
        goOn(source)
    }

    /// There is something to read at the source: into the pipe with it.
    func readable(on source: Connection) {
        guard let pipe, !isBusy, target.isOpen else { return source.pauseReceiving() }
        let moved = pipe.fill(from: source.descriptor)
        if moved > 0 {
            send(WritePiece(pipe), source)
        } else if moved == 0 {
            source.readEnd()
        } else if moved != -Int(EAGAIN) {
            source.failed(SystemError(code: CInt(moved), call: "splice"))
        }
    }

    /// Bytes that were received before, or by a driver that reads itself.
    func received(_ bytes: RawSpan, on source: Connection) -> Int {
        guard !isBusy, target.isOpen else {
            source.pauseReceiving()
            return 0
        }
        var portion = target.loop.buffers.take(atLeast: bytes.byteCount)
        portion.append(bytes)
        send(WritePiece(portion), source)
        return bytes.byteCount
    }

    private func send(_ piece: consuming WritePiece, _ source: Connection) {
        isBusy = true
        piece.whenSent = self
        source.pauseReceiving()
        target.append(piece)
    }

    func receivedEnd(on source: Connection) {
        if source.keptCount > 0 { isEndPending = true } else { inner.receivedEnd(on: source) }
    }

    func peerHungUp(on source: Connection) { inner.peerHungUp(on: source) }

    func writable(on source: Connection) { inner.writable(on: source) }

    func timerFired(on source: Connection) { inner.timerFired(on: source) }

    func closed(_ source: Connection, error: SystemError?) {
        self.source = nil
        inner.closed(source, error: error)
    }
}

extension Connection {
    /// From now on sends what this connection receives on `target`, instead of showing it to the handler: a proxy's
    /// work. Bytes that the handler has not consumed go first. Loop only.
    ///
    /// With epoll the bytes stay in the kernel (`splice`); elsewhere they are copied once. A target that doesn't take
    /// them makes this peer wait. The handler still hears everything else: when `receivedEnd` comes, all that was
    /// received is in the target's queue, so `target.endWriting()` passes the end on. When the target closes, nothing
    /// more is read here; its own handler should close this connection. For both directions call it on both.
    ///
    /// - Precondition: Both connections live on the same loop, and this one isn't forwarded already.
    public func forward(to target: Connection) {
        precondition(target.loop === loop, "a connection can be forwarded on its own loop only")
        precondition(!(handler is Forwarder), "this connection is forwarded already")
        guard isOpen, let handler else { return }
        let forwarder = Forwarder(from: self, to: target, inner: handler)
        setHandler(forwarder)
        forwarder.begin()
    }
}

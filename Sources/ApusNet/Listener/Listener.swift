import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Accepts connections on one loop and gives each a handler. One of several when a server listens on many loops.
///
/// When the process runs out of descriptors it sheds: a descriptor kept in reserve is closed, the waiting
/// connection accepted with it and closed at once, and the log told once until accepting works again.
final class Listener: Endpoint {
    typealias MakeHandler = (EventLoop) -> any ConnectionHandler

    private let admission: Admission
    private let refusal: [UInt8]
    private let makeHandler: MakeHandler
    private var reserve: CInt
    private var isShedding = false
    private var isWaitingForPlace = false
    private(set) var accepted = 0

    init(
        loop: EventLoop, descriptor: CInt, admission: Admission, refusal: [UInt8], makeHandler: @escaping MakeHandler
    ) {
        self.admission = admission
        self.refusal = refusal
        self.makeHandler = makeHandler
        reserve = apus_open_null()
        super.init(loop: loop, descriptor: descriptor)
    }

    func open() {
        loop.attach(self)
        startAccepting()
    }

    override func accepted(_ peer: CInt) {
        isShedding = false
        let client =
            admission.limits.connectionsPerAddress == nil
            ? Admission.ClientKey.uncounted : Admission.ClientKey(SocketAddress.remote(of: peer))
        switch admission.admit(client) {
        case .admitted:
            accepted += 1
            let connection = Connection(loop: loop, descriptor: peer, handler: makeHandler(loop))
            connection.counted(by: admission, as: client)
            connection.open()
            if admission.limits.excess == .pause, !admission.hasPlace { waitForPlace() }
        case .full, .addressFull:
            refuse(peer)
        }
    }

    private func refuse(_ peer: CInt) {
        // A fresh socket's buffer takes a short answer at once; a peer that can't be told is closed all the same.
        unsafe refusal.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { _ = unsafe apus_send_errno(peer, base, bytes.count, false) }
        }
        _ = shutdown(peer, CInt(SHUT_WR))
        closeDescriptor(peer)
    }

    /// Leaves connections in the backlog until one of ours has gone.
    private func waitForPlace() {
        guard !isWaitingForPlace else { return }
        isWaitingForPlace = true
        pauseAccepting()
        setTimer(at: loop.tick + 10)
    }

    override func timerFired() {
        if isWaitingForPlace, !admission.hasPlace { return setTimer(at: loop.tick + 10) }
        isWaitingForPlace = false
        if !isReceiving { startAccepting() }
    }

    override func acceptFailed(_ error: SystemError) {
        let outOfDescriptors = error.code == EMFILE || error.code == ENFILE
        if !isShedding {
            isShedding = true
            loop.log(
                .error,
                "accept: \(error.reason): "
                    + (outOfDescriptors
                        ? "new connections are closed at once until others end; raise the limit of open files (ulimit -n)"
                        : "accepting pauses and is tried again"))
        }
        guard outOfDescriptors, reserve >= 0 else { return rest() }
        closeDescriptor(reserve)
        reserve = -1
        var shed = 0
        while shed < 64 {
            let peer = apus_accept_errno(descriptor, nil, nil)
            guard peer >= 0 else { break }
            closeDescriptor(peer)
            shed += 1
        }
        reserve = apus_open_null()
        if shed == 0 { rest() }
    }

    /// Doesn't look at the backlog for a while: the poller would tell of it again and again.
    private func rest() {
        pauseAccepting()
        setTimer(at: loop.tick + 100)
    }

    override func closed() {
        if reserve >= 0 { closeDescriptor(reserve) }
    }
}

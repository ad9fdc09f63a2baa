import ApusRuntime
import Synchronization

/// What the listeners of one server have in common: who is let in, and who serves them.
final class AcceptRules: Sendable {
    /// Who is let in.
    let admission: Admission
    /// What a connection above a limit is told.
    let refusal: [UInt8]
    /// Which peers tell of the client by the PROXY protocol.
    let proxyProtocol: ProxyPolicy
    /// Told of each connection that is turned away.
    let onRefusal: (@Sendable (EventLoop, Bool) -> Void)?
    /// Called on the accepting loop, once for each connection.
    let serve: @Sendable (EventLoop) -> any ConnectionHandler
    /// Connections closed for a PROXY header that was malformed or did not come.
    let proxyFailures = Atomic<Int>(0)
    /// What the operator is told of those.
    let proxyComplaint: ProxyComplaint

    #if TLS && canImport(COpenSSL)
        /// How TLS is spoken; nil is not at all.
        let tls: TLSServing?

        init(_ options: ListenOptions, refusal: [UInt8], tls: TLSServing) {
            admission = Admission(options.admission)
            self.refusal = refusal
            proxyProtocol = options.proxyProtocol
            proxyComplaint = ProxyComplaint(options.proxyProtocol)
            onRefusal = options.onRefusal
            serve = { tls.serve($0, nil) }
            self.tls = tls
        }
    #endif

    init(
        _ options: ListenOptions, refusal: [UInt8], serve: @escaping @Sendable (EventLoop) -> any ConnectionHandler
    ) {
        admission = Admission(options.admission)
        self.refusal = refusal
        proxyProtocol = options.proxyProtocol
        proxyComplaint = ProxyComplaint(options.proxyProtocol)
        onRefusal = options.onRefusal
        self.serve = serve
        #if TLS && canImport(COpenSSL)
            tls = nil
        #endif
    }

    /// Begins a connection that was let in, on its loop.
    func begin(
        _ peer: CInt, _ client: Admission.ClientKey, speaksProxy: Bool, on loop: EventLoop, _ balance: AcceptBalance,
        at place: Int
    ) {
        #if TLS && canImport(COpenSSL)
            if let tls, !speaksProxy {
                let connection = Connection(loop: loop, descriptor: peer)
                connection.counted(by: balance, at: place, as: client)
                return connection.openTLS(tls)
            }
        #endif
        // Behind a load balancer the client is known, and counted, when the PROXY header has come.
        let handler: any ConnectionHandler = speaksProxy ? ProxyHandler(self) : serve(loop)
        let connection = Connection(loop: loop, descriptor: peer, handler: handler)
        connection.counted(by: balance, at: place, as: client)
        connection.open()
    }

    /// Who the peer of an accepted socket counts as.
    func clientKey(of peer: CInt) -> Admission.ClientKey {
        admission.countsAddresses ? Admission.ClientKey(SocketAddress.remote(of: peer)) : .uncounted
    }
}

public import ApusRuntime
import Synchronization

/// Listens on an address with every loop of a group, and gives each connection a handler on the loop that
/// accepted it.
///
/// ```swift
/// let server = try StreamServer.listen(on: address, group: group) { _ in Echo() }
/// ```
///
/// Any thread may use a server.
public final class StreamServer: Sendable {
    /// The address listened on, with the port that the system chose when 0 was asked for.
    public let address: SocketAddress
    /// Who is let in, and how many there are.
    public var admission: Admission { rules.admission }
    /// Connections closed since the start because their PROXY header was malformed, or did not come in time.
    public var proxyFailures: Int { rules.proxyFailures.load(ordering: .relaxed) }
    let rules: AcceptRules
    private let balance: AcceptBalance
    /// The connections of each loop, in the order of the group: how even they are.
    public var connectionsByLoop: [Int] { balance.counts }
    /// Connections that a loop with more than its share has handed to another: see ``ListenOptions/balancesLoops``.
    public var handedOver: Int { balance.handedOver }
    private let listeners: Lock<[(EventLoop, Endpoint.ID)]>
    private let keeper: SocketKeeper

    /// Listens, and returns when every loop accepts.
    ///
    /// - Parameters:
    ///   - address: Where to listen; port 0 lets the system choose one.
    ///   - group: The loops that accept.
    ///   - options: The socket's options, the limits, and whether a PROXY header is read.
    ///   - refusal: What a connection above a limit is told before it is closed.
    ///   - makeHandler: Called on the accepting loop, once for each connection.
    /// - Throws: `SocketError`, which says what an operator can do.
    public static func listen(
        on address: SocketAddress, group: LoopGroup, options: ListenOptions = ListenOptions(), refusal: [UInt8] = [],
        makeHandler: @escaping @Sendable (EventLoop) -> any ConnectionHandler
    ) throws(SocketError) -> StreamServer {
        // Looked for without SO_REUSEPORT: a second server of the same user would otherwise share the port in silence.
        if options.reusePort { try ListeningSocket.probe(address) }
        let socket = try ListeningSocket(address, options)
        return try StreamServer(socket, group, options, AcceptRules(options, refusal: refusal, serve: makeHandler))
    }

    /// Listens on a socket that is open already, as from systemd.
    public static func listen(
        on socket: consuming ListeningSocket, group: LoopGroup, options: ListenOptions = ListenOptions(),
        refusal: [UInt8] = [], makeHandler: @escaping @Sendable (EventLoop) -> any ConnectionHandler
    ) throws(SocketError) -> StreamServer {
        var shared = options
        shared.reusePort = false
        return try StreamServer(socket, group, shared, AcceptRules(shared, refusal: refusal, serve: makeHandler))
    }

    init(
        _ socket: consuming ListeningSocket, _ group: LoopGroup, _ options: ListenOptions, _ rules: AcceptRules
    ) throws(SocketError) {
        address = socket.address
        self.rules = rules
        var sockets = OpenDescriptors()
        try sockets.append(socket.duplicate(), address)
        for _ in group.loops.dropFirst() {
            if options.reusePort, address.port != nil {
                // Its own socket each: the kernel spreads connections among them.
                try sockets.append(ListeningSocket(address, options).duplicate(), address)
            } else {
                try sockets.append(socket.duplicate(), address)
            }
        }
        keeper = SocketKeeper(socket)
        balance = AcceptBalance(rules.admission, group.loops, isActive: options.balancesLoops)
        listeners = Lock([])
        for (loop, descriptor) in zip(group.loops, sockets.take()) {
            let id = loop.perform { [balance] loop in
                let listener = Listener(loop: loop, descriptor: descriptor, rules: rules, balance: balance)
                listener.open()
                return listener.id
            }
            listeners.withLock { $0.append((loop, id)) }
        }
    }

    /// Leaves arriving connections in the kernel's backlog until `resumeAccepting()`. Any thread; on a loop of the
    /// group at once for that loop, and soon for the others.
    public func pauseAccepting() { onEachListener { $0.hold() } }

    /// Accepts again after `pauseAccepting()`. Any thread.
    public func resumeAccepting() { onEachListener { $0.goOn() } }

    private func onEachListener(_ body: @escaping @Sendable (Listener) -> Void) {
        for (loop, id) in listeners.withLock({ $0 }) {
            if loop.isCurrent {
                if let listener = loop.find(id) as? Listener { body(listener) }
            } else {
                loop.execute { loop in if let listener = loop.find(id) as? Listener { body(listener) } }
            }
        }
    }

    /// Accepts what has already arrived, then closes the listening sockets; connections live on. Any thread, once or
    /// often.
    public func stopAccepting() {
        let open = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for (loop, id) in open { loop.execute { loop in (loop.find(id) as? Listener)?.stop() } }
        keeper.close()
    }

    deinit { stopAccepting() }
}

/// Keeps a listening socket (and a Unix socket's file) until it is closed. Any thread.
private final class SocketKeeper: Sendable {
    private struct Kept: ~Copyable {
        var socket: ListeningSocket?
    }

    private let kept: Mutex<Kept>

    init(_ socket: consuming ListeningSocket) { kept = Mutex(Kept(socket: socket)) }

    func close() { kept.withLock { $0.socket = nil } }
}

/// Descriptors on their way to an owner; closed when they don't get there.
private struct OpenDescriptors: ~Copyable {
    private var descriptors: [CInt] = []

    mutating func append(_ descriptor: CInt, _ address: SocketAddress) throws(SocketError) {
        guard descriptor >= 0 else { throw .system(SystemError(call: "dup"), address) }
        descriptors.append(descriptor)
    }

    mutating func take() -> [CInt] {
        defer { descriptors = [] }
        return descriptors
    }

    deinit { for descriptor in descriptors { closeDescriptor(descriptor) } }
}

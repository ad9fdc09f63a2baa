public import ApusRuntime
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

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

    /// Listens on sockets of one address that another process has handed over.
    ///
    /// - Parameters:
    ///   - descriptors: The sockets, one at least, which the server owns from now on; each is accepted from by one loop or
    ///     more.
    ///   - isHeld: Whether connections stay in the backlog until `resumeAccepting()`.
    ///   - group: The loops that accept.
    ///   - options: The limits, and whether a PROXY header is read.
    ///   - refusal: What a connection above a limit is told.
    ///   - makeHandler: Called on the accepting loop, once for each connection.
    /// - Throws: `SocketError`, for a descriptor that does not listen.
    package static func listen(
        takingOver descriptors: [CInt], isHeld: Bool, group: LoopGroup, options: ListenOptions, refusal: [UInt8],
        makeHandler: @escaping @Sendable (EventLoop) -> any ConnectionHandler
    ) throws(SocketError) -> StreamServer {
        try listen(
            takingOver: descriptors, isHeld, group, options, AcceptRules(options, refusal: refusal, serve: makeHandler))
    }

    static func listen(
        takingOver descriptors: [CInt], _ isHeld: Bool, _ group: LoopGroup, _ options: ListenOptions,
        _ rules: AcceptRules
    ) throws(SocketError) -> StreamServer {
        var others = OpenDescriptors(descriptors.dropFirst())
        let first = try ListeningSocket(takingOver: descriptors[0], options)
        for descriptor in others.descriptors { try ListeningSocket.check(descriptor, options) }
        var shared = options
        shared.reusePort = false
        return try StreamServer(first, others: others.take(), group, shared, rules, isHeld: isHeld)
    }

    init(
        _ socket: consuming ListeningSocket, others: [CInt] = [], _ group: LoopGroup, _ options: ListenOptions,
        _ rules: AcceptRules, isHeld: Bool = false
    ) throws(SocketError) {
        address = socket.address
        self.rules = rules
        var sockets = OpenDescriptors(others[...])
        try sockets.append(socket.duplicate(), address)
        while sockets.descriptors.count < group.loops.count {
            if options.reusePort, address.port != nil {
                // Its own socket each: the kernel spreads connections among them.
                try sockets.append(ListeningSocket(address, options).duplicate(), address)
            } else {
                let index = sockets.descriptors.count % (others.count + 1)
                try sockets.append(fcntl(sockets.descriptors[index], F_DUPFD_CLOEXEC, 0), address)
            }
        }
        keeper = SocketKeeper(socket)
        balance = AcceptBalance(rules.admission, group.loops, isActive: options.balancesLoops)
        listeners = Lock([])
        for (index, descriptor) in sockets.take().enumerated() {
            let loop = group.loops[index % group.loops.count]
            let id = loop.perform { [balance] loop in
                let listener = Listener(loop: loop, descriptor: descriptor, rules: rules, balance: balance)
                listener.open(isHeld: isHeld)
                return listener.id
            }
            listeners.withLock { $0.append((loop, id)) }
        }
    }

    /// A descriptor of each listening socket, which the caller owns: to hand them to another process. On any thread that
    /// is no loop of the group.
    package func duplicateSockets() -> [CInt] {
        listeners.withLock { $0 }.map { loop, id in
            loop.perform { loop in
                (loop.find(id) as? Listener).map { fcntl($0.descriptor, F_DUPFD_CLOEXEC, 0) } ?? -1
            }
        }.filter { $0 >= 0 }
    }

    /// A Unix socket's file is this server's to remove from now on. Any thread.
    package func adoptFile() { keeper.adoptFile() }

    /// A Unix socket's file is another process's from now on. Any thread.
    package func disownFile() { keeper.disownFile() }

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

    func adoptFile() { kept.withLock { $0.socket?.adoptFile() } }

    func disownFile() { kept.withLock { $0.socket?.disownFile() } }
}

/// Descriptors on their way to an owner; closed when they don't get there.
private struct OpenDescriptors: ~Copyable {
    private(set) var descriptors: [CInt]

    init(_ descriptors: ArraySlice<CInt>) { self.descriptors = Array(descriptors) }

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

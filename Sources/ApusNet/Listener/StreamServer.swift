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
    public let admission: Admission
    private let group: LoopGroup
    private let listeners: Mutex<[(EventLoop, Endpoint.ID)]>
    private let keeper: SocketKeeper

    /// Listens, and returns when every loop accepts.
    ///
    /// - Parameters:
    ///   - refusal: What a connection above a limit is told before it is closed.
    ///   - makeHandler: Called on the accepting loop, once for each connection.
    /// - Throws: `SocketError`, which says what an operator can do.
    public static func listen(
        on address: SocketAddress, group: LoopGroup, options: ListenOptions = ListenOptions(), refusal: [UInt8] = [],
        makeHandler: @escaping @Sendable (EventLoop) -> any ConnectionHandler
    ) throws(SocketError) -> StreamServer {
        // The first socket finds a port in use without SO_REUSEPORT hiding it: a second server of the same user
        // would otherwise share the port in silence.
        if options.reusePort, let port = address.port, port != 0 {
            var exclusive = options
            exclusive.reusePort = false
            _ = try ListeningSocket(address, exclusive)
        }
        let socket = try ListeningSocket(address, options)
        return try StreamServer(socket, group, options, refusal, makeHandler)
    }

    /// Listens on a socket that is open already, as from systemd.
    public static func listen(
        on socket: consuming ListeningSocket, group: LoopGroup, options: ListenOptions = ListenOptions(),
        refusal: [UInt8] = [], makeHandler: @escaping @Sendable (EventLoop) -> any ConnectionHandler
    ) throws(SocketError) -> StreamServer {
        var shared = options
        shared.reusePort = false
        return try StreamServer(socket, group, shared, refusal, makeHandler)
    }

    private init(
        _ socket: consuming ListeningSocket, _ group: LoopGroup, _ options: ListenOptions, _ refusal: [UInt8],
        _ makeHandler: @escaping @Sendable (EventLoop) -> any ConnectionHandler
    ) throws(SocketError) {
        address = socket.address
        admission = Admission(options.admission)
        self.group = group
        var descriptors: [CInt] = [socket.duplicate()]
        for _ in group.loops.dropFirst() {
            if options.reusePort, address.port != nil {
                // Its own socket each, kept open by a duplicate: the kernel spreads connections among them.
                descriptors.append(try ListeningSocket(address, options).duplicate())
            } else {
                descriptors.append(socket.duplicate())
            }
        }
        keeper = SocketKeeper(socket)
        listeners = Mutex([])
        let admission = self.admission
        for (loop, descriptor) in zip(group.loops, descriptors) {
            let id = loop.perform { loop in
                let listener = Listener(
                    loop: loop, descriptor: descriptor, admission: admission, refusal: refusal,
                    makeHandler: makeHandler)
                listener.open()
                return listener.id
            }
            listeners.withLock { $0.append((loop, id)) }
        }
    }

    /// Stops to accept and closes the listening sockets; connections live on. Any thread, once or often.
    public func stopAccepting() {
        let open = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for (loop, id) in open { loop.execute { loop in loop.find(id)?.close() } }
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

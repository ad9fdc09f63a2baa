public import ApusNet
public import ApusRuntime
import Synchronization

/// An application that serves. Any thread may use it.
public final class RunningServer: Sendable {
    /// The loops it runs on.
    public let group: LoopGroup
    private let listener: StreamServer
    private let service: Service
    private let configuration: ServerConfiguration

    init(service: Service, group: LoopGroup, configuration: ServerConfiguration) throws(SocketError) {
        self.group = group
        self.service = service
        self.configuration = configuration
        let refusal = Array(
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
        let makeHandler: @Sendable (EventLoop) -> any ConnectionHandler = { loop in
            ServerLoop.of(service, on: loop).makeHandler()
        }
        if configuration.takesOverSockets, let descriptor = InheritedSockets.take().first {
            let socket = try ListeningSocket(takingOver: descriptor)
            listener = try StreamServer.listen(
                on: socket, group: group, options: configuration.listen, refusal: refusal, makeHandler: makeHandler)
            return
        }
        guard let address = SocketAddress(host: configuration.host, port: configuration.port) else {
            throw .unknownHost(configuration.host)
        }
        listener = try StreamServer.listen(
            on: address, group: group, options: configuration.listen, refusal: refusal, makeHandler: makeHandler)
    }

    /// The address listened on, with the port that the system chose when 0 was asked for.
    public var address: SocketAddress { listener.address }

    /// One line for an operator: where the server listens, on how many loops, by which driver.
    public var greeting: String {
        let place = address.port == nil ? "\(address)" : "http://\(address)"
        let count = group.loops.count
        return "serving on \(place) with \(count) \(count == 1 ? "loop" : "loops") (\(group.driver))"
    }

    /// Connections that are open.
    public var connectionCount: Int { listener.admission.admitted }

    /// How often clients broke the rules of HTTP/2 or flooded, by kind.
    public var http2Counts: HTTP2Counts { service.http2Counts.counts }

    /// Stops at once: connections are cut. Not from a loop of the group.
    public func stopNow() {
        listener.stopAccepting()
        group.shutdown()
    }

    /// Stops: no new connections; requests in flight finish within the drain timeout; what is left is cut; the loops
    /// end. Not from a loop of the group.
    public func stop() async {
        listener.stopAccepting()
        let service = self.service
        for loop in group.loops {
            loop.execute { loop in ServerLoop.of(service, on: loop).drain() }
        }
        await Drain.wait(until: { self.connectionCount == 0 }, atMost: configuration.drainTimeout, on: group.loops[0])
        if connectionCount > 0 {
            configuration.log(.warning, "\(connectionCount) connections were cut after \(configuration.drainTimeout)")
        }
        group.shutdown()
    }
}

/// Waits for something that several loops bring about.
enum Drain {
    static func wait(until isDone: @escaping @Sendable () -> Bool, atMost limit: Duration, on loop: EventLoop) async {
        let deadline = ContinuousClock.now + limit
        await withCheckedContinuation { continuation in
            look(isDone, deadline, loop) { continuation.resume() }
        }
    }

    private static func look(
        _ isDone: @escaping @Sendable () -> Bool, _ deadline: ContinuousClock.Instant, _ loop: EventLoop,
        _ done: @escaping @Sendable () -> Void
    ) {
        if isDone() || ContinuousClock.now >= deadline { return done() }
        loop.schedule(after: .milliseconds(5)) { loop in look(isDone, deadline, loop, done) }
    }
}

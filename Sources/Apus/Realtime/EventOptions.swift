/// What happens to events for a client that reads slower than they come.
public enum SlowClientPolicy: String, Sendable, CaseIterable {
    /// Who sends waits: for events of one client's own. An ``EventHub`` waits for nobody.
    case wait
    /// The oldest event that waits gives way: for states, of which the newest counts.
    case dropOldest
    /// The new event is not taken: for what is of no use without its beginning.
    case dropNewest
    /// The connection is ended; an `EventSource` reconnects, with its `Last-Event-ID`.
    case disconnect
}

/// How events are sent to one client. Every field has a sensible default.
public struct EventOptions: Sendable {
    /// What happens when the client reads slower than events come.
    public var slowClients: SlowClientPolicy
    /// The most events that wait for the client under a policy that drops or disconnects, 1 or more, beside what its
    /// connection holds (some 256 KiB).
    public var mostWaiting: Int
    /// After so long without an event a comment is sent, so that nobody between takes the connection for dead, and a
    /// client that left is noticed; nil sends none.
    public var heartbeat: Duration?
    /// How long the client waits before it reconnects; nil leaves it to the browser (some seconds).
    public var retry: Duration?

    /// The defaults, but for what is given.
    ///
    /// - Parameters:
    ///   - slowClients: What happens when the client reads slower than events come.
    ///   - mostWaiting: The most events that wait for the client.
    ///   - heartbeat: After how long without an event a comment is sent; nil sends none.
    ///   - retry: How long the client waits before it reconnects; nil leaves it to the browser.
    public init(
        slowClients: SlowClientPolicy = .wait, mostWaiting: Int = 256, heartbeat: Duration? = .seconds(15),
        retry: Duration? = nil
    ) {
        self.slowClients = slowClients
        self.mostWaiting = mostWaiting
        self.heartbeat = heartbeat
        self.retry = retry
    }
}

/// Why events can't be sent any more.
public enum EventStreamError: Error, Sendable, CustomStringConvertible {
    /// The client read too slowly for ``SlowClientPolicy/disconnect``, and was cut off.
    case tooSlow(waiting: Int)

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .tooSlow(let waiting):
            "the client was cut off with \(waiting) events waiting: raise mostWaiting, or choose another policy"
        }
    }
}

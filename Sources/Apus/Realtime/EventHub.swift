import ApusRuntime
import Synchronization

/// Sends each event to all who listen, on whatever loops they are.
///
/// ```swift
/// let hub = EventHub(history: 100)
/// app.get("/events") { context in hub.response(to: context) }
/// app.post("/say") { context in
///     hub.publish(ServerEvent(try context.text(), type: "said"))
///     return Status.accepted
/// }
/// ```
///
/// An event is encoded once, goes to each loop once, and its bytes are shared by all who listen there; a loop that is
/// behind takes what has gathered in one piece. Who publishes never waits: a client that reads slowly is dealt with as the
/// policy says.
///
/// Any thread may use a hub. Events of one publisher arrive in the order in which it published them, and all listeners
/// see the same order.
public final class EventHub: Sendable {
    /// An event on its way: encoded, with its place in the order.
    struct Item: Sendable {
        var number: UInt64
        var id: String?
        var bytes: [UInt8]
    }

    /// What waits for one loop.
    private struct Post: Sendable {
        var loop: EventLoop
        var items: [Item] = []
        var listeners = 0
        var isSent = false
    }

    private struct State: Sendable {
        var number: UInt64 = 0
        var history: [Item] = []
        var posts: [Post] = []
        var isClosed = false

        /// Leaves an event for every loop; the loops that have to be told.
        mutating func post(_ item: Item) -> [EventLoop] {
            var loops: [EventLoop] = []
            for index in posts.indices {
                posts[index].items.append(item)
                if posts[index].isSent { continue }
                posts[index].isSent = true
                loops.append(posts[index].loop)
            }
            return loops
        }
    }

    // Held for some instructions while an event is published or a client comes, never by other requests.
    private let state = Lock(State())
    private let missed = Atomic<Int>(0)
    private let options: EventOptions
    private let mostKept: Int

    /// A hub without listeners.
    ///
    /// - Parameters:
    ///   - options: How events are sent to each client. The policy must not be to wait.
    ///   - history: How many events are kept for clients that reconnect, 0 or more. With any, events without an ID get one.
    public init(
        _ options: EventOptions = EventOptions(slowClients: .dropOldest), history: Int = 0
    ) {
        precondition(options.slowClients != .wait, "a hub waits for nobody: choose another policy for slow clients")
        precondition(history >= 0, "the history must not be negative")
        self.options = options
        mostKept = history
    }

    // MARK: Publishing

    /// Sends an event to all who listen. Returns at once; what slow clients miss is counted. After ``close()`` it does
    /// nothing.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - isKept: Whether it goes into the history, and gets an ID for that: not for what is of no use later.
    public func publish(_ event: ServerEvent, isKept: Bool = true) {
        let isKept = isKept && mostKept > 0
        // What nobody hears need not be encoded.
        let isHeard = state.withLock { state in
            let isHeard = isKept || !state.posts.isEmpty
            if !isHeard, !state.isClosed { state.number += 1 }
            return isHeard
        }
        guard isHeard else { return }
        let bytes = event.bytes
        let needsID = isKept && event.id == nil && event.data != nil
        let loops = state.withLock { state in
            guard !state.isClosed else { return [] as [EventLoop] }
            state.number += 1
            var item = Item(number: state.number, id: event.id, bytes: bytes)
            if needsID {
                let id = "\(state.number)"
                item.id = id
                item.bytes = Array("id: \(id)\n".utf8) + bytes
            }
            if isKept { keep(item, &state) }
            return state.post(item)
        }
        for loop in loops { loop.execute { [self] loop in deliver(on: loop) } }
    }

    /// Sends a value's JSON to all who listen; like ``publish(_:isKept:)`` otherwise.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - type: The type that the page listens for; nil is `message`.
    ///   - isKept: Whether it goes into the history.
    /// - Throws: `EncodingError`.
    public func publish(json value: some Encodable, type: String? = nil, isKept: Bool = true) throws {
        publish(try ServerEvent.json(value, type: type), isKept: isKept)
    }

    private func keep(_ item: Item, _ state: inout State) {
        state.history.append(item)
        // In bulk, for each removal at the front moves the rest.
        if state.history.count >= mostKept * 2 { state.history.removeFirst(state.history.count - mostKept) }
    }

    private func deliver(on loop: EventLoop) {
        let items = state.withLock { state in
            guard let index = state.posts.firstIndex(where: { $0.loop === loop }) else { return [] as [Item] }
            state.posts[index].isSent = false
            defer { state.posts[index].items.removeAll() }
            return state.posts[index].items
        }
        let dropped = EventListeners.of(self, on: loop).deliver(items)
        if dropped > 0 { missed.wrappingAdd(dropped, ordering: .relaxed) }
    }

    // MARK: Listening

    /// A response that sends what is published from now on, until the client leaves or the hub is closed. A client that
    /// reconnects (`Last-Event-ID`) first gets what it missed, as far as the history goes back.
    public func response(to context: Context) -> Response {
        let last = context.lastEventID
        return Response.events(options) { stream in try await self.send(to: stream, after: last) }
    }

    /// Sends what is published from now on to a stream, until the client leaves (`CancellationError`) or the hub is closed:
    /// for what wants to say something before or after. The stream's own policy must not be to wait.
    ///
    /// - Parameters:
    ///   - stream: The client.
    ///   - id: The last event that the client has heard; nil sends nothing of the history. When it is not kept any more,
    ///     all that is kept is sent.
    /// - Throws: `CancellationError` when the client is gone; ``EventStreamError`` when it was cut off.
    public func send(to stream: EventStream, after id: String? = nil) async throws {
        let loop = stream.loop
        let listeners = EventListeners.of(self, on: loop)
        guard let (number, missed) = enter(loop, after: id) else { return }
        for item in missed { stream.offer(item.bytes) }
        let key = listeners.insert(stream, after: number)
        defer {
            listeners.remove(key)
            leave(loop)
        }
        try await stream.untilOver()
    }

    /// Counts a listener in; the number of the last event that was published before it, and what it missed.
    private func enter(_ loop: EventLoop, after id: String?) -> (number: UInt64, missed: [Item])? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            if let index = state.posts.firstIndex(where: { $0.loop === loop }) {
                state.posts[index].listeners += 1
            } else {
                state.posts.append(Post(loop: loop, listeners: 1))
            }
            var missed: [Item] = []
            if let id {
                let kept = state.history.suffix(mostKept)
                let last = kept.lastIndex { $0.id == id }
                missed = Array(last.map { kept[($0 + 1)...] } ?? kept)
            }
            return (state.number, missed)
        }
    }

    private func leave(_ loop: EventLoop) {
        state.withLock { state in
            guard let index = state.posts.firstIndex(where: { $0.loop === loop }) else { return }
            state.posts[index].listeners -= 1
            if state.posts[index].listeners == 0 { state.posts.remove(at: index) }
        }
    }

    /// Ends all responses when what was published has left; later listeners get an empty one.
    public func close() {
        let loops = state.withLock { state in
            state.isClosed = true
            return state.posts.map(\.loop)
        }
        for loop in loops {
            loop.execute { [self] loop in
                deliver(on: loop)
                EventListeners.of(self, on: loop).end()
            }
        }
    }

    // MARK: Numbers

    /// How many clients listen.
    public var listenerCount: Int { state.withLock { $0.posts.reduce(0) { $0 + $1.listeners } } }

    /// How many events have been published.
    public var publishedCount: Int { Int(state.withLock(\.number)) }

    /// How many events clients have missed because they read too slowly, all clients together.
    public var missedCount: Int { missed.load(ordering: .relaxed) }
}

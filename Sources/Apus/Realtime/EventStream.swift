import ApusHTTP
import ApusRuntime

/// Sends Server-Sent Events to one client. Given to the function of `Response.events`; it belongs to the connection's
/// loop, and is of no use when that function has returned.
@safe public final class EventStream {
    private let stream: ResponseStream
    let loop: EventLoop
    private let options: EventOptions
    private var queue: EventQueue
    private var heartbeat: ScheduledWork?
    /// Something was sent since the last heartbeat was due.
    private var isFresh = false
    /// Why nothing can be sent any more.
    private var failure: (any Error)?
    @safe private var waiter: UnsafeContinuation<Void, Never>?
    private var hasEnded = false

    /// How many events this client has missed because it read too slowly.
    public private(set) var missed = 0

    init(_ writer: ResponseWriter, _ loop: EventLoop, _ options: EventOptions) {
        stream = writer.stream
        self.loop = loop
        self.options = options
        queue = EventQueue(limit: options.mostWaiting, policy: options.slowClients)
    }

    // MARK: Sending

    /// Sends an event. Under ``SlowClientPolicy/wait`` it returns when there is room for another, else at once: what did
    /// not find room was dealt with as the policy says, and ``missed`` counts it.
    ///
    /// - Throws: `CancellationError` when the client is gone; ``EventStreamError`` when it was cut off.
    public func send(_ event: ServerEvent) async throws { try await send(encoded: event.bytes) }

    /// Sends text as an event's data; like ``send(_:)-(ServerEvent)`` otherwise.
    public func send(_ data: String) async throws { try await send(ServerEvent(data)) }

    private func send(encoded bytes: [UInt8]) async throws {
        if let failure { throw failure }
        isFresh = true
        if options.slowClients == .wait {
            try await stream.write(bytes)
        } else {
            offer(bytes)
            if let failure { throw failure }
            if stream.isOver { throw CancellationError() }
        }
    }

    /// Sends an event that is encoded, now or when there is room, and does not wait.
    ///
    /// - Parameters:
    ///   - bytes: The event, or several.
    ///   - count: How many they are.
    /// - Returns: How many were missed for it.
    @discardableResult func offer(_ bytes: [UInt8], count: Int = 1) -> Int {
        guard failure == nil, !stream.isOver else { return 0 }
        isFresh = true
        if queue.isEmpty, stream.hasRoom {
            stream.push(bytes)
            return 0
        }
        switch queue.append(bytes) {
        case .taken: return 0
        case .dropped:
            missed += count
            return count
        case .full:
            missed += queue.count + count
            fail(EventStreamError.tooSlow(waiting: queue.count))
            return missed
        }
    }

    /// Whether an event that is offered now leaves at once.
    var isReady: Bool { queue.isEmpty && failure == nil && stream.hasRoom }

    /// The client has taken what was queued.
    private func fill() {
        while !queue.isEmpty, stream.hasRoom, let event = queue.popFirst() { stream.push(event) }
        if queue.isEmpty || stream.isOver { wake() }
    }

    private func fail(_ error: any Error) {
        failure = error
        queue.removeAll()
        stream.breakOff()
        wake()
    }

    // MARK: Its life

    /// Runs the function that sends, and lets what waits then leave.
    func run(_ send: (EventStream) async throws -> Void) async throws {
        stream.onRoom = self
        if let retry = options.retry { stream.push(ServerEvent.retry(retry).bytes) }
        beat()
        defer {
            heartbeat?.cancel()
            hasEnded = true
            stream.onRoom = nil
            queue.removeAll()
        }
        try await send(self)
        while !queue.isEmpty, !stream.isOver, failure == nil {
            await unsafe withUnsafeContinuation { continuation in unsafe waiter = continuation }
        }
        if let failure { throw failure }
    }

    /// Waits until the client is gone or was cut off, and throws why; or until `end()`.
    func untilOver() async throws {
        await withTaskCancellationHandler {
            while !isEnding, failure == nil, !stream.isOver, !Task.isCancelled {
                await unsafe withUnsafeContinuation { continuation in unsafe waiter = continuation }
            }
        } onCancel: { [stream = LoopBound(self, to: loop)] in
            stream.loop.execute { _ in stream.value.wake() }
        }
        if let failure { throw failure }
        if !isEnding { throw CancellationError() }
    }

    private var isEnding = false

    /// Has ``untilOver()`` return.
    func end() {
        isEnding = true
        wake()
    }

    private func wake() {
        guard let continuation = waiter else { return }
        waiter = nil
        unsafe continuation.resume()
    }

    private func beat() {
        guard let interval = options.heartbeat, interval > .zero else { return }
        let own = LoopBound(self, to: loop)
        heartbeat = loop.schedule(after: interval) { _ in own.value.heartbeatIsDue() }
    }

    private func heartbeatIsDue() {
        guard !hasEnded, !stream.isOver else { return }
        if !isFresh, stream.hasRoom { stream.push(Self.comment) }
        isFresh = false
        beat()
    }

    private static let comment = Array(":\n\n".utf8)
}

extension EventStream: RoomWaiting {
    /// There is room again, or the client is gone.
    func roomChanged() { fill() }
}

public import ApusConfiguration
import ApusRuntime

/// Something that happens to a server as a whole.
public enum LifecycleEvent: Sendable {
    /// A step of its drain begins.
    case draining(DrainProgress)
    /// Another process is to take this one's place.
    case handover(HandoverProgress)
    /// Another configuration is in force, by an update or by a return to the one before.
    case configurationChanged(ConfigurationUpdate)
    /// A configuration was wrong, and everything is as it was.
    case configurationRefused(ConfigurationError)
}

/// Those who listen to a server's events. Any thread.
final class LifecycleListeners: Sendable {
    private struct State: Sendable {
        var next = 0
        var listeners: [Int: AsyncStream<LifecycleEvent>.Continuation] = [:]
        var hasEnded = false
    }

    /// Events kept for one who does not keep up; the oldest are dropped beyond it.
    static let kept = 64

    private let state = Lock(State())

    func stream() -> AsyncStream<LifecycleEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: LifecycleEvent.self, bufferingPolicy: .bufferingNewest(Self.kept))
        let id: Int? = state.withLock { state in
            guard !state.hasEnded else { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    func tell(_ event: LifecycleEvent) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(event) }
    }

    /// The server is gone: the streams end.
    func end() {
        let listeners = state.withLock { state in
            state.hasEnded = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    deinit { end() }
}

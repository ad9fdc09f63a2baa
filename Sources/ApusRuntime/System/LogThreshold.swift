import Synchronization

/// The level below which a ``Log`` drops lines, changed while the program runs. Any thread.
public final class LogThreshold: Sendable {
    private let rawLevel: Atomic<Int>

    /// A threshold that begins with a level.
    public init(_ level: Log.Level) { rawLevel = Atomic(level.rawValue) }

    /// The present level.
    public var level: Log.Level {
        get { Log.Level(rawValue: rawLevel.load(ordering: .relaxed)) ?? .info }
        set { rawLevel.store(newValue.rawValue, ordering: .relaxed) }
    }
}

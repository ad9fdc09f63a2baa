/// A step of a drain, in the order in which they come.
public enum DrainStep: String, Hashable, Sendable, CaseIterable {
    /// The server says that it is not ready, and serves on until load balancers have noticed.
    case unready
    /// What has arrived is accepted, and nothing after it.
    case refusing
    /// What is in flight finishes: HTTP/1 with `Connection: close`, HTTP/2 with GOAWAY in two steps (RFC 9113, 6.8).
    case finishing
    /// What has not finished in time is cut. Left out when everything has.
    case cutting
    /// The loops have ended, and all descriptors are closed.
    case released
}

/// How far a drain is.
public struct DrainProgress: Equatable, Sendable {
    /// The step that begins.
    public let step: DrainStep
    /// Connections that are open.
    public let connections: Int
    /// Since the drain began.
    public let elapsed: Duration
}

/// What came of a drain.
public struct DrainReport: Equatable, Sendable {
    /// Connections that were open when it began, and ended in order.
    public let finished: Int
    /// Connections that were cut.
    public let cut: Int
    /// How long it took.
    public let elapsed: Duration
}

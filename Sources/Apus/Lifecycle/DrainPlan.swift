/// How a server is drained: a limit for each step. See ``RunningServer/drain(_:progress:)``.
public struct DrainPlan: Equatable, Sendable {
    /// How long the server says that it is not ready (``Routes/serveHealth(_:at:showsChecks:)``) and serves on, so that
    /// load balancers notice before it stops to accept. Default 0.
    public var delay: Duration
    /// How long idle connections of HTTP/1 are kept once nothing is accepted any more. A request that comes meanwhile is
    /// answered with `Connection: close`; without this time it may cross the server's end on its way, and be lost.
    /// Default 1 s.
    public var idleGrace: Duration
    /// How long what is in flight may take to finish, from the end of accepting on; what is left is cut. Default 10 s.
    public var timeout: Duration

    /// A plan.
    ///
    /// - Parameters:
    ///   - delay: How long it is not ready, and serves on.
    ///   - idleGrace: How long idle connections are kept, ``timeout`` at most.
    ///   - timeout: How long what is in flight may take to finish.
    public init(delay: Duration = .zero, idleGrace: Duration = .seconds(1), timeout: Duration = .seconds(10)) {
        self.delay = delay
        self.idleGrace = idleGrace
        self.timeout = timeout
    }
}

extension ServerConfiguration {
    /// How a server of this configuration is drained.
    public var drainPlan: DrainPlan {
        DrainPlan(delay: drainDelay, idleGrace: drainIdleGrace, timeout: drainTimeout)
    }
}

extension Configuration {
    /// How a server of this configuration is drained.
    public var drainPlan: DrainPlan {
        DrainPlan(delay: drainDelay, idleGrace: drainIdleGrace, timeout: drainTimeout)
    }
}

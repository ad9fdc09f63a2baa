/// What a pool of HTTP/2 connections bears from each (RFC 9113).
public struct HTTP2Policy: Sendable, Hashable {
    /// The memory that one session may take for what it has received and not handed on, in bytes; 64 KiB to 1 GiB.
    public var sessionMemory: Int
    /// The most bytes of a header list, counted as RFC 9113, section 6.5.2 does; 1 KiB to 16 MiB.
    public var headerListBytes: Int

    /// A policy.
    ///
    /// - Parameters:
    ///   - sessionMemory: The memory of one session, in bytes.
    ///   - headerListBytes: The most bytes of a header list.
    public init(sessionMemory: Int = 1 << 20, headerListBytes: Int = 16 << 10) {
        self.sessionMemory = sessionMemory
        self.headerListBytes = headerListBytes
    }

    var settings: [PolicySetting] {
        [
            PolicySetting("sessionMemory", "\(sessionMemory) bytes"),
            PolicySetting("headerListBytes", "\(headerListBytes) bytes"),
        ]
    }

    func mistakes() -> [PoolConfigurationMistake] {
        var found = PoolConfigurationMistakes()
        found.check("sessionMemory", sessionMemory, in: 64 << 10...1 << 30, unit: "bytes")
        found.check("headerListBytes", headerListBytes, in: 1 << 10...16 << 20, unit: "bytes")
        if found.isEmpty, headerListBytes > sessionMemory {
            found.add("headerListBytes", "is more than sessionMemory: one head would not fit into its session")
        }
        return found.all
    }
}

/// What a pool of gRPC connections bears from each.
public struct GRPCPolicy: Sendable, Hashable {
    /// The most bytes of a message that is received; 1 to 2 GiB.
    public var receivedMessageBytes: Int
    /// The most bytes of a message that is sent; 1 to 2 GiB.
    public var sentMessageBytes: Int
    /// After so long without traffic the peer is asked whether it is there; 10 seconds to a day.
    public var keepAliveTime: Duration
    /// How long the peer may take to answer; 1 second to ``keepAliveTime``.
    public var keepAliveTimeout: Duration

    /// A policy.
    ///
    /// - Parameters:
    ///   - receivedMessageBytes: The most bytes of a message that is received.
    ///   - sentMessageBytes: The most bytes of a message that is sent.
    ///   - keepAliveTime: The quiet after which the peer is asked.
    ///   - keepAliveTimeout: How long it may take to answer.
    public init(
        receivedMessageBytes: Int = 4 << 20, sentMessageBytes: Int = 4 << 20, keepAliveTime: Duration = .seconds(7200),
        keepAliveTimeout: Duration = .seconds(20)
    ) {
        self.receivedMessageBytes = receivedMessageBytes
        self.sentMessageBytes = sentMessageBytes
        self.keepAliveTime = keepAliveTime
        self.keepAliveTimeout = keepAliveTimeout
    }

    var settings: [PolicySetting] {
        [
            PolicySetting("receivedMessageBytes", "\(receivedMessageBytes) bytes"),
            PolicySetting("sentMessageBytes", "\(sentMessageBytes) bytes"),
            PolicySetting("keepAliveTime", "\(keepAliveTime)"),
            PolicySetting("keepAliveTimeout", "\(keepAliveTimeout)"),
        ]
    }

    func mistakes() -> [PoolConfigurationMistake] {
        var found = PoolConfigurationMistakes()
        found.check("receivedMessageBytes", receivedMessageBytes, in: 1...2 << 30, unit: "bytes")
        found.check("sentMessageBytes", sentMessageBytes, in: 1...2 << 30, unit: "bytes")
        found.check("keepAliveTime", keepAliveTime, in: .seconds(10)...(.seconds(86400)))
        found.check("keepAliveTimeout", keepAliveTimeout, in: .seconds(1)...(.seconds(86400)))
        if found.isEmpty, keepAliveTimeout > keepAliveTime {
            found.add("keepAliveTimeout", "is longer than keepAliveTime: make it that or less")
        }
        return found.all
    }
}

/// What a pool of WebSocket connections asks of each (RFC 6455, section 5.5.2).
public struct WebSocketPolicy: Sendable, Hashable {
    /// How often a ping is sent to a quiet peer; 1 second to an hour, nil sends none.
    public var pingInterval: Duration?
    /// How long its pong may take; 100 ms to the ping interval.
    public var pongTimeout: Duration

    /// A policy.
    ///
    /// - Parameters:
    ///   - pingInterval: How often a quiet peer is pinged; nil is never.
    ///   - pongTimeout: How long its pong may take.
    public init(pingInterval: Duration? = .seconds(30), pongTimeout: Duration = .seconds(10)) {
        self.pingInterval = pingInterval
        self.pongTimeout = pongTimeout
    }

    var settings: [PolicySetting] {
        [
            PolicySetting("pingInterval", pingInterval.map { "\($0)" } ?? "never"),
            PolicySetting("pongTimeout", "\(pongTimeout)"),
        ]
    }

    func mistakes() -> [PoolConfigurationMistake] {
        var found = PoolConfigurationMistakes()
        found.check("pongTimeout", pongTimeout, in: .milliseconds(100)...(.seconds(3600)))
        guard let pingInterval else { return found.all }
        found.check("pingInterval", pingInterval, in: .seconds(1)...(.seconds(3600)))
        if found.isEmpty, pongTimeout > pingInterval {
            found.add("pongTimeout", "is longer than pingInterval: make it that or less")
        }
        return found.all
    }
}

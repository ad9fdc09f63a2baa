/// How often something may happen: a burst at once, and as often as that again when it does not.
///
/// One event is paid for with one of `burst` tokens; `perSecond` of them come back each second.
@frozen public struct HTTP2Rate: Sendable, Equatable {
    /// How many may happen at once, at least 1.
    public var burst: UInt32
    /// How many may happen each second for ever, at least 1.
    public var perSecond: UInt32

    /// A rate of those parts; 0 counts as 1.
    @inlinable public init(burst: UInt32, perSecond: UInt32) {
        self.burst = max(1, burst)
        self.perSecond = max(1, perSecond)
    }
}

/// What a peer can send without end at little cost to itself. What exceeds the limit of its kind ends the connection
/// with ENHANCE_YOUR_CALM, and is counted by kind.
@frozen public enum HTTP2FloodKind: UInt8, Sendable, Hashable, CaseIterable {
    /// RST_STREAM for a request that is being served (rapid reset, CVE-2023-44487). Each response that was served to its
    /// end takes one back, so that a client which cancels a part of its requests is left alone.
    case reset
    /// A stream error that makes this side send RST_STREAM (CVE-2025-8671).
    case provokedReset
    /// SETTINGS (CVE-2019-9515).
    case settings
    /// PING (CVE-2019-9512).
    case ping
    /// DATA frames without data that do not end their stream (CVE-2019-9518).
    case emptyData
    /// CONTINUATION, and field blocks that are too large or in too many frames (CVE-2024-27316).
    case continuation
    /// Window updates of a few octets (CVE-2019-9511), or more of them than the DATA that was sent can be the reason for.
    case smallWindowUpdate
    /// PRIORITY and PRIORITY_UPDATE (CVE-2019-9513).
    case priority
    /// Frames that change nothing: of types that are not known, and on streams that have ended.
    case ignoredFrame
    /// Windows that stay shut while something waits to be sent (CVE-2019-9517).
    case stalledWindow

    /// The name in logs and metrics: words with hyphens.
    public var name: StaticString {
        switch self {
        case .reset: "reset"
        case .provokedReset: "provoked-reset"
        case .settings: "settings"
        case .ping: "ping"
        case .emptyData: "empty-data"
        case .continuation: "continuation"
        case .smallWindowUpdate: "small-window-update"
        case .priority: "priority"
        case .ignoredFrame: "ignored-frame"
        case .stalledWindow: "stalled-window"
        }
    }
}

/// How much a peer may ask of one HTTP/2 connection. Each has a safe default; those that a peer is told of are in
/// ``HTTP2Settings``.
public struct HTTP2Limits: Sendable, Equatable {
    /// The most octets of a field block that comes in several frames, as it was compressed. Default 64 KiB.
    public var fieldBlock = 64 * 1024
    /// The most CONTINUATION frames of one field block. Default 16.
    public var continuationFrames = 16
    /// The octets of content that a peer may send on all streams together before the application has consumed them:
    /// the receive window of the connection, 65,535 ... 2³¹ − 1. Default 1 MiB.
    public var connectionWindow: UInt32 = 1024 * 1024
    /// How long the peer may take to acknowledge SETTINGS. Default 10 s.
    public var settingsAcknowledgement = Duration.seconds(10)
    /// How long a peer may keep a stream or the connection from sending, once it has taken what has filled its window: one
    /// that reads slowly opens it late. Default 60 s.
    public var windowStall = Duration.seconds(60)
    /// How many octets a peer must let through in that time, or it counts as none. Default 1,024.
    public var windowStallOctets = 1024
    /// The window updates below so many octets that count as small. Default 64.
    public var smallWindowUpdate: UInt32 = 64

    /// For ``HTTP2FloodKind/reset``. Default 256 at once and 32 a second.
    public var resets = HTTP2Rate(burst: 256, perSecond: 32)
    /// For ``HTTP2FloodKind/provokedReset``. Default 128 at once and 16 a second.
    public var provokedResets = HTTP2Rate(burst: 128, perSecond: 16)
    /// For ``HTTP2FloodKind/settings``, where every 8 settings of a frame count as one more. Default 32 at once and 2 a
    /// second.
    public var settings = HTTP2Rate(burst: 32, perSecond: 2)
    /// For ``HTTP2FloodKind/ping``. Default 1,000 at once and 200 a second: gRPC measures the bandwidth with them.
    public var pings = HTTP2Rate(burst: 1000, perSecond: 200)
    /// For ``HTTP2FloodKind/emptyData``. Default 100 at once and 10 a second.
    public var emptyData = HTTP2Rate(burst: 100, perSecond: 10)
    /// For ``HTTP2FloodKind/continuation``. Default 128 at once and 32 a second.
    public var continuations = HTTP2Rate(burst: 128, perSecond: 32)
    /// For ``HTTP2FloodKind/smallWindowUpdate``. Default 1,000 at once and 200 a second.
    public var smallWindowUpdates = HTTP2Rate(burst: 1000, perSecond: 200)
    /// For ``HTTP2FloodKind/priority``. Default 512 at once and 64 a second.
    public var priorities = HTTP2Rate(burst: 512, perSecond: 64)
    /// For ``HTTP2FloodKind/ignoredFrame``. Default 1,000 at once and 200 a second.
    public var ignoredFrames = HTTP2Rate(burst: 1000, perSecond: 200)
    /// For ``HTTP2FloodKind/stalledWindow``: streams that were ended for it. Default 16 at once and 1 a second.
    public var stalledWindows = HTTP2Rate(burst: 16, perSecond: 1)

    /// Limits with the defaults.
    public init() {}

    /// The rate of a kind.
    public func rate(of kind: HTTP2FloodKind) -> HTTP2Rate {
        switch kind {
        case .reset: resets
        case .provokedReset: provokedResets
        case .settings: settings
        case .ping: pings
        case .emptyData: emptyData
        case .continuation: continuations
        case .smallWindowUpdate: smallWindowUpdates
        case .priority: priorities
        case .ignoredFrame: ignoredFrames
        case .stalledWindow: stalledWindows
        }
    }
}

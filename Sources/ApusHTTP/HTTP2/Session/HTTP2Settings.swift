/// The parameters that each side announces by SETTINGS (RFC 9113, 6.5.2; RFC 8441, 3; RFC 9218, 2.1).
public struct HTTP2Settings: Sendable, Equatable {
    /// The octets of the dynamic table that the sender decodes fields with. Protocol's default 4,096.
    public var headerTableSize: UInt32
    /// Whether the sender takes pushed responses. Protocol's default true; ours false.
    public var isPushEnabled: Bool
    /// The most streams that the sender lets its peer have open at once. Protocol's default: no limit, `UInt32.max`.
    public var maxConcurrentStreams: UInt32
    /// The octets of DATA that the sender takes on a new stream before it has said more, 0 ... 2³¹ − 1. Protocol's
    /// default 65,535.
    public var initialWindowSize: UInt32
    /// The largest payload of a frame that the sender takes in octets, 2¹⁴ ... 2²⁴ − 1. Protocol's default 2¹⁴.
    public var maxFrameSize: UInt32
    /// The largest header list that the sender takes: octets of names and values, and 32 for each field. Protocol's
    /// default: no limit, `UInt32.max`.
    public var maxHeaderListSize: UInt32
    /// Whether a server takes extended CONNECT, which WebSocket over HTTP/2 needs. Protocol's default false.
    public var isConnectProtocolEnabled: Bool
    /// Whether the sender has no use for the priorities of RFC 7540. Protocol's default false.
    public var ignoresRFC7540Priorities: Bool
    /// Whether a SETTINGS frame was applied to these.
    public internal(set) var hasArrived = false

    /// Settings with the protocol's defaults for whatever is not given.
    public init(
        headerTableSize: UInt32 = 4096, isPushEnabled: Bool = true, maxConcurrentStreams: UInt32 = .max,
        initialWindowSize: UInt32 = 65_535, maxFrameSize: UInt32 = 16_384, maxHeaderListSize: UInt32 = .max,
        isConnectProtocolEnabled: Bool = false, ignoresRFC7540Priorities: Bool = false
    ) {
        self.headerTableSize = headerTableSize
        self.isPushEnabled = isPushEnabled
        self.maxConcurrentStreams = maxConcurrentStreams
        self.initialWindowSize = initialWindowSize
        self.maxFrameSize = maxFrameSize
        self.maxHeaderListSize = maxHeaderListSize
        self.isConnectProtocolEnabled = isConnectProtocolEnabled
        self.ignoresRFC7540Priorities = ignoresRFC7540Priorities
    }

    /// What holds for either side until its first SETTINGS: the protocol's defaults.
    public static var initial: HTTP2Settings { HTTP2Settings() }

    /// What a server of ours announces by default: 128 streams, 64 KiB of header list, 256 KiB of window for a stream
    /// (an upload of 20 Mbit/s over 100 ms), frames of 16 KiB, extended CONNECT, priorities by RFC 9218 alone.
    public static var server: HTTP2Settings {
        HTTP2Settings(
            isPushEnabled: false, maxConcurrentStreams: 128, initialWindowSize: 256 * 1024,
            maxHeaderListSize: 64 * 1024, isConnectProtocolEnabled: true, ignoresRFC7540Priorities: true)
    }

    /// What a client of ours announces by default: no pushes, 64 KiB of header list, 1 MiB of window for a stream.
    public static var client: HTTP2Settings {
        HTTP2Settings(
            isPushEnabled: false, initialWindowSize: 1024 * 1024, maxHeaderListSize: 64 * 1024,
            ignoresRFC7540Priorities: true)
    }

    /// Calls `body` with the code and the value of each setting that differs from the protocol's default.
    func forEachDifference(_ body: (UInt16, UInt32) -> Void) {
        let defaults = HTTP2Settings.initial
        func note(_ code: Code, _ value: UInt32, _ usual: UInt32) {
            if value != usual { body(code.rawValue, value) }
        }
        note(.headerTableSize, headerTableSize, defaults.headerTableSize)
        note(.enablePush, isPushEnabled ? 1 : 0, 1)
        note(.maxConcurrentStreams, maxConcurrentStreams, defaults.maxConcurrentStreams)
        note(.initialWindowSize, initialWindowSize, defaults.initialWindowSize)
        note(.maxFrameSize, maxFrameSize, defaults.maxFrameSize)
        note(.maxHeaderListSize, maxHeaderListSize, defaults.maxHeaderListSize)
        note(.enableConnectProtocol, isConnectProtocolEnabled ? 1 : 0, 0)
        note(.noRFC7540Priorities, ignoresRFC7540Priorities ? 1 : 0, 0)
    }

    /// The codes of the settings that are known; others are ignored.
    enum Code: UInt16 {
        case headerTableSize = 1
        case enablePush = 2
        case maxConcurrentStreams = 3
        case initialWindowSize = 4
        case maxFrameSize = 5
        case maxHeaderListSize = 6
        case enableConnectProtocol = 8
        case noRFC7540Priorities = 9
    }
}

public import ApusRuntime

/// The client's side of an HTTP/2 connection (RFC 9113), without the connection: bytes go in and events come out; what
/// is to be sent is appended to a buffer.
///
/// ```text
///  greeting ── SETTINGS ── open ── GOAWAY, numbers used up ── draining ─┐
///      └────────────────────┴─── a rule is broken ─────────────────────┴─ closed
/// ```
///
/// Requests may be sent before the server's SETTINGS have come, a hundred at most. The session answers SETTINGS and PING,
/// keeps the windows, and holds to the server's limits; how often a server may make it work without sense is bounded by
/// ``HTTP2Limits``. Interim responses are not: count them where they are read. It belongs to its connection's loop.
///
/// ```swift
/// var session = HTTP2ClientSession(pool: loop.buffers)
/// session.begin(to: &output)
/// _ = session.open(head, endsStream: true, to: &output)
/// // send the output; then, with what has come:
/// var offset = 0
/// while true {
///     switch session.next(in: bytes, from: &offset, fields: &block, output: &output, now: loop.tick) {
///     case .response(let stream, let status, let endsStream): take(stream, status, block.fields, endsStream)
///     case .content(let stream, let slice, let endsStream):
///         take(stream, slice.of(bytes), endsStream)
///         session.consumed(Int(slice.count), of: stream, to: &output)
///     case .needMore: return offset
///     default: break  // failures, GOAWAY and the rest
///     }
/// }
/// ```
public struct HTTP2ClientSession: ~Copyable {
    /// Where a session is in its life.
    @frozen public enum Phase: UInt8, Hashable, Sendable {
        /// The server's SETTINGS have not come.
        case greeting
        /// Requests are taken.
        case open
        /// No more requests are taken; those that are open go on.
        case draining
        /// Nothing more is read or sent.
        case closed
    }

    /// The octets of room that ``next(in:from:fields:output:now:)`` and ``begin(to:)`` need in the output.
    @inlinable public static var replyRoom: Int { 256 }
    /// Requests that are sent before the server has said how many it takes: what RFC 9113, 6.5.2 asks it to take at least.
    static var roomBeforeSettings: Int { 100 }

    /// What is borne from the server.
    public let limits: HTTP2Limits
    /// What this side announces.
    public let settings: HTTP2Settings
    /// What the server announces; the protocol's defaults before it has.
    public internal(set) var peer = HTTP2Settings.initial
    /// Where the session is in its life.
    public internal(set) var phase = Phase.greeting

    let pool: BufferPool
    var reader: HTTP2FrameReader
    var decoder = HPACKDecoder()
    var encoder = HPACKEncoder()
    var fieldBlock = HTTP2FieldBlock()
    var streams: HTTP2StreamTable
    var sendWindow = HTTP2Window()
    var receiveWindow = HTTP2ReceiveWindow()
    var meter = HTTP2FloodMeter()
    /// SETTINGS of ours that the server has not acknowledged.
    var unacknowledged = 0
    /// What of the present DATA frame was neither handed out nor given back.
    var frameLeft = 0
    /// The last stream that the server says it processes.
    var lastProcessed = HTTP2StreamID.last
    /// Where the search for streams that are not processed goes on; nil when there are none.
    var nextUnprocessedSlot: Int?

    /// A session that has neither sent nor received anything.
    /// - Parameters:
    ///   - settings: What is announced. No pushes, whatever it says.
    ///   - limits: What is borne from the server; of them ``HTTP2Limits/connectionWindow`` is announced as well.
    ///   - pool: Where memory for field blocks in several frames comes from; the loop's own.
    public init(settings: HTTP2Settings = .client, limits: HTTP2Limits = HTTP2Limits(), pool: BufferPool) {
        var settings = settings
        settings.isPushEnabled = false
        self.settings = settings
        self.limits = limits
        self.pool = pool
        reader = HTTP2FrameReader(role: .client, maxFrameSize: settings.maxFrameSize)
        streams = HTTP2StreamTable(role: .client, settings: settings)
    }

    /// Begins the connection: appends the preface, SETTINGS and the connection's window, less than ``replyRoom``.
    public mutating func begin(to output: inout Buffer) {
        output.appendHTTP2Preface()
        output.appendHTTP2Settings(settings)
        unacknowledged += 1
        // They come before every stream, so what they say of windows holds from each stream's beginning.
        let more = receiveWindow.grow(to: limits.connectionWindow)
        if more > 0 { output.appendHTTP2WindowUpdate(more, stream: .connection) }
    }

    /// How many requests are open.
    public var openCount: Int { streams.count }

    /// How many more can be opened now: what the server's limit and its phase leave.
    public var room: Int {
        guard takesRequests else { return 0 }
        let limit = peer.hasArrived ? Int(peer.maxConcurrentStreams) : Self.roomBeforeSettings
        let numbers = (HTTP2StreamID.last.rawValue &- streams.lastLocalStream.rawValue) / 2
        return max(0, min(limit, HTTP2StreamTable.largestCount, openCount + Int(numbers)) - openCount)
    }

    /// Whether requests can be opened, now or once others have ended. When not, open another connection; this one is of
    /// no more use when ``openCount`` is 0.
    public var takesRequests: Bool {
        (phase == .open || phase == .greeting) && streams.lastLocalStream < HTTP2StreamID.last
    }

    /// Whether the stream is still there: its response is not whole, or its request not sent.
    public func isOpen(_ stream: HTTP2ClientStream) -> Bool {
        stream.slot < streams.capacity && streams[stream.slot].id == stream.id
    }

    /// The stream at a slot of the table.
    @inline(__always)
    func stream(at slot: Int) -> HTTP2ClientStream { HTTP2ClientStream(slot: slot, id: streams[slot].id) }

    /// Gives back what an idle connection does not need: memory of streams and of fields in several frames.
    public mutating func trim() {
        fieldBlock.release(to: pool)
        streams.trim()
    }
}

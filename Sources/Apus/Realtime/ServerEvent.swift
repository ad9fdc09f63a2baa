import ApusHTTP
import ApusRuntime

/// A Server-Sent Event: what a browser's `EventSource` hears (HTML, 9.2).
///
/// ```swift
/// let event = ServerEvent("two\nlines", type: "chat", id: "7")
/// ```
///
/// Nothing in an event can end it, or begin another: data may hold any text, and its line ends (LF, CR, CR LF) arrive as
/// LF; those of the type and the ID, and NUL, which an ID must not hold, become spaces.
public struct ServerEvent: Sendable, Hashable {
    /// The data. Nil, as for a comment or a change of ``retry``, is no event for the page.
    public var data: String?
    /// The type that the page listens for; nil is `message`.
    public var type: String?
    /// What the client sends as `Last-Event-ID` when it reconnects; nil leaves that as it was, an empty one forgets it.
    public var id: String?
    /// How long the client waits before it reconnects, from now on; whole milliseconds.
    public var retry: Duration?
    /// What no page hears: it keeps the connection in use.
    public var comment: String?

    /// An event.
    ///
    /// - Parameters:
    ///   - data: The data.
    ///   - type: The type that the page listens for; nil is `message`.
    ///   - id: What the client sends as `Last-Event-ID` when it reconnects.
    ///   - retry: How long the client waits before it reconnects, from now on.
    public init(_ data: String, type: String? = nil, id: String? = nil, retry: Duration? = nil) {
        self.data = data
        self.type = type
        self.id = id
        self.retry = retry
    }

    private init() {}

    /// An event whose data is a value's JSON.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - type: The type that the page listens for; nil is `message`.
    ///   - id: What the client sends as `Last-Event-ID` when it reconnects.
    /// - Throws: `EncodingError`.
    public static func json(
        _ value: some Encodable, type: String? = nil, id: String? = nil
    ) throws -> ServerEvent {
        try ServerEvent(String(decoding: JSONCoding.encode(value), as: UTF8.self), type: type, id: id)
    }

    /// A comment, which no page hears.
    public static func comment(_ text: String = "") -> ServerEvent {
        var event = ServerEvent()
        event.comment = text
        return event
    }

    /// Has the client wait so long before it reconnects.
    public static func retry(_ duration: Duration) -> ServerEvent {
        var event = ServerEvent()
        event.retry = duration
        return event
    }

    /// The event as it is sent: its lines, and an empty one.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((data?.utf8.count ?? 0) + 64)
        if let comment { Self.append(comment, lines: ": ", to: &bytes) }
        if let type { Self.append(type, line: "event: ", to: &bytes) }
        if let id { Self.append(id, line: "id: ", to: &bytes) }
        if let retry {
            bytes += "retry: \(retry.clampedNanoseconds / 1_000_000)\n".utf8
        }
        if let data { Self.append(data, lines: "data: ", to: &bytes) }
        bytes.append(Self.lineFeed)
        return bytes
    }

    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D

    /// Appends one line; what would end it, or spoil it, becomes a space.
    private static func append(_ text: String, line name: StaticString, to bytes: inout [UInt8]) {
        append(name, to: &bytes)
        for byte in text.utf8 {
            bytes.append(byte == lineFeed || byte == carriageReturn || byte == 0 ? 0x20 : byte)
        }
        bytes.append(lineFeed)
    }

    /// Appends a line for each of the text's.
    private static func append(_ text: String, lines name: StaticString, to bytes: inout [UInt8]) {
        append(name, to: &bytes)
        var text = text
        text.withUTF8 { source in
            var start = 0
            while start < source.count {
                var end = start
                while end < source.count, unsafe source[end] != lineFeed, unsafe source[end] != carriageReturn {
                    end += 1
                }
                unsafe bytes.append(contentsOf: source[start..<end])
                guard end < source.count else { break }
                bytes.append(lineFeed)
                append(name, to: &bytes)
                let isPair =
                    unsafe source[end] == carriageReturn && end + 1 < source.count && source[end + 1] == lineFeed
                start = end + (isPair ? 2 : 1)
            }
        }
        bytes.append(lineFeed)
    }

    private static func append(_ name: StaticString, to bytes: inout [UInt8]) {
        name.withUTF8Buffer { text in unsafe bytes.append(contentsOf: text) }
    }
}

extension Context {
    /// The ID of the last event that a reconnecting `EventSource` has heard; nil on its first connection.
    public var lastEventID: String? {
        guard let id = field(.lastEventID), !id.isEmpty else { return nil }
        return id
    }
}

/// An event as a browser's `EventSource` takes it (HTML, 9.2.6).
public struct TestEvent: Sendable, Hashable {
    /// The type; `message` unless the server named another.
    public var type: String
    /// The data, its lines joined with LF.
    public var data: String
    /// The ID that a browser would reconnect with: the event's own, or that of the last one that had any.
    public var id: String

    /// An event.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - data: The data.
    ///   - id: The ID.
    public init(type: String = "message", data: String = "", id: String = "") {
        self.type = type
        self.data = data
        self.id = id
    }
}

/// The Server-Sent Events of a response's content. Comments are passed over, and what is cut off at the end is no event.
public struct TestEvents: AsyncSequence, Sendable {
    let lines: TestLines

    /// Reads events; what one iterator has read ahead is lost to the next.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var lines: TestLines.AsyncIterator
        private var lastID = ""
        /// What the server last said of how long to wait before reconnecting.
        public private(set) var retry: Duration?
        /// The comments that were passed over, as heartbeats are.
        public private(set) var comments: [String] = []

        init(_ lines: TestLines.AsyncIterator) { self.lines = lines }

        /// The next event, or nil at the end.
        public mutating func next() async throws -> TestEvent? {
            var event = TestEvent()
            var data: [String] = []
            while let line = try await lines.next() {
                guard !line.isEmpty else {
                    guard !data.isEmpty else {
                        event = TestEvent()
                        continue
                    }
                    event.data = data.joined(separator: "\n")
                    event.id = lastID
                    return event
                }
                let (name, value) = Self.split(line)
                switch name {
                case "": comments.append(value)
                case "event": event.type = value
                case "data": data.append(value)
                case "id" where !value.contains("\0"): lastID = value
                case "retry":
                    if let milliseconds = Int(value), milliseconds >= 0 { retry = .milliseconds(milliseconds) }
                default: continue
                }
            }
            return nil
        }

        private static func split(_ line: String) -> (name: String, value: String) {
            guard let colon = line.firstIndex(of: ":") else { return (line, "") }
            var value = line[line.index(after: colon)...]
            if value.first == " " { value = value.dropFirst() }
            return (String(line[..<colon]), String(value))
        }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(lines.makeAsyncIterator()) }
}

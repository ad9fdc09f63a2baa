public import ApusHTTP

/// The client's end of a tunnel: a sequence of what the application sends, and the way to send to it.
///
/// ```swift
/// let tunnel = try await client.connect("/echo", protocol: "echo")
/// try await tunnel.write("hello")
/// #expect(try await tunnel.nextText() == "hello")
/// try await tunnel.finish()
/// ```
///
/// One task at a time reads, one writes. Letting go of it breaks the tunnel off, as a client that leaves.
public final class TestTunnel: Sendable {
    private let pending: PendingResponse
    private let head: TestHead

    init(_ pending: PendingResponse, _ head: TestHead) {
        self.pending = pending
        self.head = head
    }

    /// The status of the answer: 101 for a protocol, 200 or another of its kind for CONNECT.
    public var status: Status { head.status }

    /// The fields of the answer.
    public var fields: HTTPFields { head.fields }

    /// The next bytes, one or more, as they came; nil when the application has ended its side. Pieces are not those of the
    /// writer's.
    ///
    /// - Throws: ``TestFailure`` when the tunnel breaks off; `CancellationError`.
    public func next() async throws -> [UInt8]? { try await pending.next() }

    /// The next bytes as UTF-8; what is none becomes U+FFFD.
    ///
    /// - Throws: As ``next()``.
    public func nextText() async throws -> String? { try await next().map { String(decoding: $0, as: UTF8.self) } }

    /// Reads all that comes until the application ends its side.
    ///
    /// - Throws: As ``next()``.
    public func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await next() { bytes += piece }
        return bytes
    }

    /// Sends bytes, and waits while the application does not read.
    ///
    /// - Returns: False when it takes no more.
    /// - Throws: `CancellationError`.
    @discardableResult public func write(_ bytes: [UInt8]) async throws -> Bool {
        bytes.isEmpty ? true : try await pending.exchange.write(bytes)
    }

    /// Sends text in UTF-8; like ``write(_:)-([UInt8])`` otherwise.
    ///
    /// - Returns: False when the application takes no more.
    @discardableResult public func write(_ text: String) async throws -> Bool { try await write(Array(text.utf8)) }

    /// Ends this side behind what was written; what the application still sends is there to be read.
    public func finish() async throws { try await pending.exchange.endContent() }

    /// Breaks the tunnel off: its function is cancelled.
    public func close() { pending.cancel() }
}

extension TestTunnel: AsyncSequence {
    /// Reads what the application sends.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let tunnel: TestTunnel

        /// The next bytes, or nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await tunnel.next() }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(tunnel: self) }
}

extension TestClient {
    /// Opens a tunnel that speaks a protocol at a path, by an Upgrade.
    ///
    /// How a tunnel is refused is seen by ``execute(_:_:fields:body:)`` with the fields Connection and Upgrade.
    ///
    /// - Parameters:
    ///   - target: Path and query, percent-encoded as they are sent.
    ///   - name: The protocol.
    ///   - fields: More fields of the request.
    /// - Returns: The open tunnel.
    /// - Throws: ``TestFailure`` with the answer when no tunnel is opened; `CancellationError`.
    public func connect(
        _ target: String, protocol name: String, fields: HTTPFields = HTTPFields()
    ) async throws -> TestTunnel {
        var all = fields
        all[.connection] = "Upgrade"
        all[.upgrade] = name
        return try await open(start(.get, target, fields: all)) { $0 == .switchingProtocols }
    }

    /// Opens a tunnel to another host by CONNECT.
    ///
    /// - Parameters:
    ///   - authority: The host and its port: `db.internal:5432`.
    ///   - fields: The fields of the request.
    /// - Returns: The open tunnel.
    /// - Throws: ``TestFailure`` with the answer when no tunnel is opened; `CancellationError`.
    public func connect(_ authority: String, fields: HTTPFields = HTTPFields()) async throws -> TestTunnel {
        var all = fields
        if !all.contains(.host) { all[.host] = authority }
        return try await open(start(.connect, authority, fields: all)) { $0.kind == .successful }
    }

    private func open(_ pending: PendingResponse, where isOpen: (Status) -> Bool) async throws -> TestTunnel {
        let answer = try await pending.stream()
        guard isOpen(answer.status) else {
            throw TestFailure("\(pending.request.description): no tunnel was opened\n\(try await answer.collect())")
        }
        return TestTunnel(pending, TestHead(status: answer.status, fields: answer.fields))
    }
}

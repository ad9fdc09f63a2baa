public import ApusHTTP
public import ApusNet
import ApusRuntime

/// Asks an application under test; see `Application.test(_:clock:_:)`.
///
/// A value that may be copied and used by several tasks at once. What is set on a copy (``with(_:)``, ``from(_:)``,
/// ``keepingCookies()``) goes with every request of that copy.
///
/// No redirect is followed, and no cookie is kept unless ``keepingCookies()`` says so: a test sees what was answered.
public struct TestClient: Sendable {
    let running: any RunningTest
    private var fields = HTTPFields()
    private var peer: TestPeer?
    private var jar: CookieJar?

    init(_ running: any RunningTest) { self.running = running }

    /// Where the application listens; nil in process.
    public var address: SocketAddress? { running.address }

    // MARK: What goes with every request

    /// A client whose requests have these fields, unless they say otherwise themselves.
    public func with(_ fields: HTTPFields) -> TestClient {
        var client = self
        for field in fields { client.fields[field.name] = field.value }
        return client
    }

    /// A client that pretends to be somebody else; in process only.
    public func from(_ peer: TestPeer) -> TestClient {
        var client = self
        client.peer = peer
        return client
    }

    /// A client with a jar of its own, empty at first: it keeps the cookies that it is given, and sends them as a browser
    /// does, by path and lifetime. Secure ones too, as browsers do for `localhost`. Lifetimes are the system's time.
    public func keepingCookies() -> TestClient {
        var client = self
        client.jar = CookieJar()
        return client
    }

    /// The cookies that are kept, by name; of those with the same name that of the longest path.
    public var cookies: [String: String] { jar?.all ?? [:] }

    // MARK: Requests

    /// Sends a request, and waits for the whole response.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: Path and query, percent-encoded as they are sent.
    ///   - fields: The fields, in the place of those that go with every request.
    ///   - body: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: ``TestFailure`` when there is no whole response; `CancellationError`.
    @discardableResult public func execute(
        _ method: HTTPMethod, _ target: String, fields: HTTPFields = HTTPFields(), body: TestBody = .none
    ) async throws -> TestResponse {
        try await stream(method, target, fields: fields, body: body).collect()
    }

    /// Sends a request, and waits for the response's head; the content is read as it comes.
    ///
    /// ```swift
    /// let events = try await client.stream(.get, "/events")
    /// for try await event in events.events { print(event.data) }
    /// ```
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: Path and query, percent-encoded as they are sent.
    ///   - fields: The fields, in the place of those that go with every request.
    ///   - body: The content.
    /// - Returns: The response, whose content is still to be read.
    /// - Throws: ``TestFailure`` when there is no response; `CancellationError`.
    public func stream(
        _ method: HTTPMethod = .get, _ target: String, fields: HTTPFields = HTTPFields(), body: TestBody = .none
    ) async throws -> TestStream {
        try await start(method, target, fields: fields, body: body).stream()
    }

    /// Sends a request, and does not wait for its response: for what has to happen while the handler is at work.
    ///
    /// In process the handler has been called when this returns, and has gone on to where it first waits for something.
    ///
    /// ```swift
    /// let slow = try await client.start(.get, "/slow")
    /// await clock.advance(by: .seconds(30))
    /// #expect(try await slow.response().status == .serviceUnavailable)
    /// ```
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: Path and query, percent-encoded as they are sent.
    ///   - fields: The fields, in the place of those that go with every request.
    ///   - body: The content.
    /// - Returns: The request under way. Letting go of it, or of what it gives, cancels the handler.
    /// - Throws: ``TestFailure`` when the request can't be sent.
    public func start(
        _ method: HTTPMethod = .get, _ target: String, fields: HTTPFields = HTTPFields(), body: TestBody = .none
    ) async throws -> PendingResponse {
        var all = self.fields
        if let type = body.type { all[.contentType] = type }
        if let cookies = jar?.header(for: target) { all[.cookie] = cookies }
        for name in Set(fields.map(\.name)) { all[values: name] = fields[values: name] }
        if running.address != nil, peer != nil {
            throw TestFailure("a live test has a socket's own addresses: use from(_:) in process")
        }
        let request = TestRequest(method: method, target: target, fields: all, body: body, peer: peer ?? TestPeer())
        return PendingResponse(try await running.begin(request), request, jar)
    }

    /// Sends GET.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func get(_ target: String, fields: HTTPFields = HTTPFields()) async throws -> TestResponse
    {
        try await execute(.get, target, fields: fields)
    }

    /// Sends HEAD.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func head(
        _ target: String, fields: HTTPFields = HTTPFields()
    ) async throws -> TestResponse {
        try await execute(.head, target, fields: fields)
    }

    /// Sends OPTIONS.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func options(
        _ target: String, fields: HTTPFields = HTTPFields()
    ) async throws -> TestResponse {
        try await execute(.options, target, fields: fields)
    }
}

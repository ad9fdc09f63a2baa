public import Apus
import ApusHTTP
import ApusNet
public import ApusRuntime

extension Application {
    /// Serves the application for as long as `body` runs, and gives it a client.
    ///
    /// ```swift
    /// try await app.test { client in
    ///     let response = try await client.get("/users/7")
    ///     #expect(response.status == .ok)
    /// }
    /// ```
    ///
    /// The routes, the middleware, the streams and the limits are those that are served; the same body can be run in
    /// process and over a socket.
    ///
    /// - Parameters:
    ///   - carrier: How requests reach the application: in process, or over a socket.
    ///   - clock: Has time stand still on the server's loops until the clock is advanced; nil is the system's time.
    ///   - body: The test. What is still under way when it ends is cancelled.
    /// - Returns: What `body` returns.
    /// - Throws: `RegistrationErrors` when the routes are wrong; `SocketError`; what `body` throws.
    @discardableResult public func test<Result>(
        _ carrier: TestCarrier = .inProcess, clock: TestClock? = nil,
        _ body: (TestClient) async throws -> Result
    ) async throws -> Result {
        let running = try carrier.start(self, clock)
        let result: Result
        do {
            result = try await body(TestClient(running))
        } catch {
            running.stop()
            throw error
        }
        running.stop()
        return result
    }
}

/// How the requests of a test reach the application.
public struct TestCarrier: Sendable {
    enum Kind: Sendable {
        case inProcess
        case live
    }

    let kind: Kind
    let loops: Int
    let log: Log

    /// Within the process, without a socket: what most tests want, for it is quick, and lets a test pretend any
    /// address and TLS (``TestPeer``).
    public static var inProcess: TestCarrier { inProcess() }

    /// Over a socket of 127.0.0.1, in HTTP/1.1, each request on a connection of its own. The application's first listener
    /// is served on a port of the system's choice, with TLS when it has that.
    public static var live: TestCarrier { live() }

    /// Within the process, without a socket.
    ///
    /// - Parameters:
    ///   - loops: The number of loops; requests go to them in turn.
    ///   - log: Where the application's log goes.
    public static func inProcess(loops: Int = 1, log: Log = .none) -> TestCarrier {
        TestCarrier(kind: .inProcess, loops: loops, log: log)
    }

    /// Over a socket of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - loops: The number of loops of the server.
    ///   - log: Where the application's log goes.
    public static func live(loops: Int = 1, log: Log = .none) -> TestCarrier {
        TestCarrier(kind: .live, loops: loops, log: log)
    }

    func start(_ application: Application, _ clock: TestClock?) throws -> any RunningTest {
        var options = application.configuration.loops
        options.loops = max(1, loops)
        options.pinnedTo = nil
        options.log = log
        // A debugger, or a busy machine, is no handler that holds its loop.
        options.holdLimit = .seconds(3600)
        options.manualTime = clock?.time
        switch kind {
        case .inProcess: return try InProcessTest(application, options)
        case .live: return try LiveTest(application, options)
        }
    }
}

extension TestCarrier: CustomStringConvertible {
    /// `in process` or `live`, for the names of tests that are run both ways.
    public var description: String { kind == .inProcess ? "in process" : "live" }
}

/// An application under test.
protocol RunningTest: Sendable {
    /// Where it listens; nil in process.
    var address: SocketAddress? { get }
    /// Begins a request. Its content, unless it is at hand as a whole, is written to the exchange.
    func begin(_ request: TestRequest) async throws -> any TestExchange
    func stop()
}

/// A request under way, as the client sees it. One task reads, one writes.
protocol TestExchange: AnyObject, Sendable {
    /// Waits for the response's head.
    func head() async throws -> TestHead
    /// Waits for more of the response's content; nil at its end.
    func next() async throws -> [UInt8]?
    /// The fields behind the content, once it has ended.
    func trailers() async -> HTTPFields
    /// Sends a piece of the request's content, and waits for room. False: nobody takes more.
    func write(_ bytes: [UInt8]) async throws -> Bool
    /// Ends the request's content.
    func endContent() async throws
    /// Gives the exchange up: the handler is cancelled.
    func abandon()
}

/// A request as a test makes it.
struct TestRequest: Sendable {
    var method: HTTPMethod
    var target: String
    var fields: HTTPFields
    var body: TestBody
    var peer: TestPeer

    /// `GET /users/7`
    var description: String { "\(method) \(target)" }
}

/// A response's status and fields.
struct TestHead: Sendable {
    var status: Status
    var fields: HTTPFields
}

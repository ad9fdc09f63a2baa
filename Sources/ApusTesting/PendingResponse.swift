import ApusHTTP

/// A request under way. Letting go of it, or of what it gives, cancels the handler, as a client does that closes its
/// connection.
public final class PendingResponse: Sendable {
    let exchange: any TestExchange
    let request: TestRequest
    private let jar: CookieJar?
    /// Sends the content that is not handed over at once.
    let writing: Task<Void, Never>?

    init(_ exchange: any TestExchange, _ request: TestRequest, _ jar: CookieJar?) {
        self.exchange = exchange
        self.request = request
        self.jar = jar
        writing = Self.write(request.body, to: exchange)
    }

    deinit { writing?.cancel() }

    /// The next bytes of the answer, behind its head; what fails says of which request.
    func next() async throws -> [UInt8]? {
        do { return try await exchange.next() } catch let failure as TestFailure {
            throw failure.asked(request)
        }
    }

    /// Waits for the whole response.
    ///
    /// - Returns: The response, whatever its status.
    /// - Throws: ``TestFailure`` when there is no whole one; `CancellationError`.
    public func response() async throws -> TestResponse { try await stream().collect() }

    /// Waits for the response's head; the content is read as it comes.
    ///
    /// - Returns: The response, whose content is still to be read.
    /// - Throws: ``TestFailure`` when there is no response; `CancellationError`.
    public func stream() async throws -> TestStream {
        do {
            let head = try await exchange.head()
            jar?.take(head.fields, from: request.target)
            return TestStream(self, head)
        } catch let failure as TestFailure {
            throw failure.asked(request)
        }
    }

    /// Leaves: the handler is cancelled.
    public func cancel() {
        writing?.cancel()
        exchange.abandon()
    }

    private static func write(_ body: TestBody, to exchange: any TestExchange) -> Task<Void, Never>? {
        switch body.kind {
        case .none: return nil
        case .whole(let bytes):
            guard bytes.count > TestBody.mostAtOnce else { return nil }
            return writing(to: exchange) { writer in
                var sent = 0
                while sent < bytes.count {
                    let end = min(bytes.count, sent + TestBody.mostAtOnce)
                    guard try await writer.write(Array(bytes[sent..<end])) else { return }
                    sent = end
                }
            }
        case .written(_, let write): return writing(to: exchange, write)
        }
    }

    private static func writing(
        to exchange: any TestExchange,
        _ write: @escaping @Sendable (TestBodyWriter) async throws -> Void
    ) -> Task<Void, Never> {
        Task {
            do {
                try await write(TestBodyWriter(exchange: exchange))
                try await exchange.endContent()
            } catch {
                exchange.abandon()
            }
        }
    }
}

import Apus
import ApusHTTP
import ApusNet
import ApusRuntime

/// An application that is asked within the process.
struct InProcessTest: RunningTest {
    let server: InProcessServer

    init(_ application: Application, _ loops: LoopGroup.Options) throws {
        server = try InProcessServer(application, loops: loops)
    }

    var address: SocketAddress? { nil }

    func begin(_ request: TestRequest) async throws -> any TestExchange {
        var origin = InProcessOrigin(
            remoteAddress: request.peer.remoteAddress, localAddress: request.peer.localAddress,
            isSecure: request.peer.isSecure, listener: try listener(request.peer))
        #if TLS
            origin.tls = request.peer.tls
        #endif
        let content: InProcessRequest.Content =
            switch request.body.kind {
            case .none: .none
            case .whole(let bytes) where bytes.count <= TestBody.mostAtOnce: .whole(bytes)
            case .whole(let bytes): .written(length: Int64(bytes.count))
            case .written(let length, _): .written(length: length)
            }
        let made = InProcessRequest(request.method, request.target, request.fields, content, from: origin)
        guard let exchange = await server.begin(made) else { throw TestFailure(InProcessTestExchange.stopped) }
        return InProcessTestExchange(exchange, server)
    }

    private func listener(_ peer: TestPeer) throws -> UInt8 {
        guard let name = peer.listener else { return 0 }
        guard let index = server.listeners.firstIndex(of: name) else {
            throw TestFailure(
                "the application has no listener \"\(name)\": it has \(server.listeners.joined(separator: ", "))")
        }
        return UInt8(index)
    }

    func stop() { server.stop() }
}

/// A request under way within the process. Its state belongs to its loop; a client that lets go of it gives it up.
final class InProcessTestExchange: TestExchange {
    static let stopped = "the test is over, and its server has stopped: ask within the body of test"

    private let exchange: LoopBound<InProcessExchange>
    private let server: InProcessServer

    init(_ exchange: LoopBound<InProcessExchange>, _ server: InProcessServer) {
        self.exchange = exchange
        self.server = server
    }

    deinit { abandon() }

    /// Works on the exchange, on its loop. False when the server has stopped.
    @discardableResult private func perform(_ work: @escaping @Sendable (InProcessExchange) -> Void) -> Bool {
        server.execute(on: exchange.loop) { [exchange] _ in work(exchange.value) }
    }

    func head() async throws -> TestHead {
        let head = try await waiting { exchange, continuation in exchange.readHead(continuation) }
        return TestHead(status: head.status, fields: head.fields)
    }

    func next() async throws -> [UInt8]? {
        try await waiting { exchange, continuation in exchange.read(continuation) }
    }

    func trailers() async -> HTTPFields {
        await withCheckedContinuation { continuation in
            if !perform({ exchange in continuation.resume(returning: exchange.trailers) }) {
                continuation.resume(returning: HTTPFields())
            }
        }
    }

    func write(_ bytes: [UInt8]) async throws -> Bool {
        try await withTaskCancellationHandler {
            let goesOn = await withCheckedContinuation { continuation in
                if !perform({ exchange in exchange.write(bytes, continuation) }) {
                    continuation.resume(returning: false)
                }
            }
            try Task.checkCancellation()
            return goesOn
        } onCancel: {
            perform { exchange in exchange.breakContent() }
        }
    }

    func endContent() async throws { perform { exchange in exchange.endContent() } }

    func abandon() { perform { exchange in exchange.abandon() } }

    /// Waits on the loop; a cancelled wait gives the exchange up, as a client that closes its connection.
    private func waiting<Value: Sendable>(
        _ begin: @escaping @Sendable (InProcessExchange, CheckedContinuation<Value, any Error>) -> Void
    ) async throws -> Value {
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    if !perform({ exchange in begin(exchange, continuation) }) {
                        continuation.resume(throwing: TestFailure(Self.stopped))
                    }
                }
            } onCancel: {
                abandon()
            }
        } catch InProcessExchange.Failure.abandoned {
            try Task.checkCancellation()
            throw TestFailure("the request was cut off: the client was too slow or left, or the test ended")
        } catch InProcessExchange.Failure.brokenOff {
            throw TestFailure("the response broke off: what streams it threw an error, which the log tells")
        }
    }
}

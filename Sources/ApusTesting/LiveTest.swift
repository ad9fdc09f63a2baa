import Apus
import ApusHTTP
import ApusNet
import ApusRuntime

/// An application that serves on a port of the system's choice, and the loop of those who ask it.
struct LiveTest: RunningTest {
    private let server: RunningServer
    private let clients: LoopGroup
    private var options = ConnectOptions()

    init(_ application: Application, _ loops: LoopGroup.Options) throws {
        var configuration = application.configuration
        configuration.loops = loops
        configuration.log = loops.log
        configuration.takesOverSockets = false
        configuration.admin = nil
        for index in configuration.listeners.indices where !configuration.listeners[index].host.hasPrefix("unix:") {
            configuration.listeners[index].host = "127.0.0.1"
            configuration.listeners[index].port = 0
        }
        #if TLS
            if case .https? = configuration.listeners.first?.kind {
                var tls = TLSClientConfiguration()
                tls.trust = .anyoneWithoutVerification
                tls.applicationProtocols = ["http/1.1"]
                options.tls = TLSConnecting(try TLSContext(client: tls), serverName: "localhost")
            }
        #endif
        server = try application.start(configuration)
        do {
            clients = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        } catch {
            server.stopNow()
            throw error
        }
    }

    var address: SocketAddress? { server.address }

    func begin(_ request: TestRequest) async throws -> any TestExchange {
        let connection = try await AsyncConnection.connect(to: server.address, on: clients.next(), options: options)
        let exchange = LiveExchange(connection, request)
        try await exchange.begin()
        return exchange
    }

    func stop() {
        server.stopNow()
        clients.shutdown()
    }
}

/// One request over a connection of its own, in HTTP/1.1.
actor LiveExchange: TestExchange {
    private let connection: AsyncConnection
    private let request: TestRequest
    /// The number of bytes that the head announces; nil when they are sent in chunks.
    private let length: Int64?
    private var sent: Int64 = 0
    private var decoder = HTTP1BodyDecoder()
    /// What has been received and not been read.
    private var received: [UInt8] = []
    private var hasEnded = false
    /// Bytes go both ways, and mean nothing to HTTP.
    private var isTunnel = false

    init(_ connection: AsyncConnection, _ request: TestRequest) {
        self.connection = connection
        self.request = request
        length =
            switch request.body.kind {
            case .none: 0
            case .whole(let bytes): Int64(bytes.count)
            case .written(let length, _): length
            }
    }

    /// Sends the head, and a content that is at hand and short.
    func begin() async throws {
        let content: InProcessRequest.Content =
            switch request.body.kind {
            case .none: .none
            case .whole(let bytes): .written(length: Int64(bytes.count))
            case .written(let length, _): .written(length: length)
            }
        let peer = TestPeer()
        var bytes = InProcessRequest(
            request.method, request.target, request.fields, content,
            from: InProcessOrigin(remoteAddress: peer.remoteAddress, localAddress: peer.localAddress)
        ).head
        if case .whole(let content) = request.body.kind, content.count <= TestBody.mostAtOnce {
            bytes += content
            sent = Int64(content.count)
        }
        try await connection.write(bytes)
    }

    // MARK: The response

    func head() async throws -> TestHead {
        let limits = HTTP1Limits(startLine: 1 << 20, fieldLine: 1 << 20, fieldCount: 1000, fieldSection: 4 << 20)
        while true {
            var parsed = HTTP1ResponseHead(limits: limits)
            let result = unsafe HTTP1ResponseParser(limits: limits).parse(
                received.span.bytes, to: request.method.kind, into: &parsed)
            switch result {
            case .complete(let count):
                let fields = unsafe parsed.fields.fields(in: received.span.bytes)
                let status = parsed.status
                let isInterim = parsed.isInterim
                isTunnel =
                    status == .switchingProtocols || request.method == .connect && status.kind == .successful
                decoder.begin(parsed)
                received.removeFirst(count)
                if !isInterim { return TestHead(status: status, fields: fields) }
            case .incomplete:
                guard try await receive() else {
                    throw TestFailure("the server closed the connection before it answered")
                }
            case .failure(let error):
                throw TestFailure("what the server sent is no response: \(error.message)")
            }
        }
    }

    func next() async throws -> [UInt8]? {
        if isTunnel { return try await nextOfTunnel() }
        while !hasEnded {
            switch unsafe decoder.decode(received.span.bytes) {
            case .data(let range, let consumed):
                let piece = Array(received[range])
                received.removeFirst(consumed)
                return piece
            case .end(let consumed):
                received.removeFirst(consumed)
                hasEnded = true
                await connection.close()
            case .needMore(let consumed):
                received.removeFirst(consumed)
                guard try await receive() else {
                    guard decoder.connectionEnded() == nil else {
                        throw TestFailure("the response broke off: the connection ended within the content")
                    }
                    hasEnded = true
                    return nil
                }
            case .failure(let error): throw TestFailure("the response's content is malformed: \(error.message)")
            }
        }
        return nil
    }

    /// What came through the tunnel.
    private func nextOfTunnel() async throws -> [UInt8]? {
        if received.isEmpty, try await !receive() { return nil }
        defer { received = [] }
        return received
    }

    /// Receives more; false at the end of the connection.
    private func receive() async throws -> Bool {
        do {
            guard let buffer = try await connection.read() else { return false }
            unsafe buffer.bytes.withUnsafeBytes { unsafe received.append(contentsOf: $0) }
            return true
        } catch let error as ConnectionError {
            throw TestFailure("the response broke off: \(error)")
        }
    }

    func trailers() -> HTTPFields { decoder.trailers }

    // MARK: The request's content

    func write(_ bytes: [UInt8]) async throws -> Bool {
        if isTunnel {
            do { try await connection.write(bytes) } catch is ConnectionError { return false }
            return true
        }
        sent += Int64(bytes.count)
        if let length, sent > length { throw ConnectionError.closed }
        do {
            if length != nil {
                try await connection.write(bytes)
            } else {
                try await connection.write(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10])
            }
            return true
        } catch is ConnectionError {
            // The server has answered and closed: what it said is still to be read.
            return false
        }
    }

    func endContent() async throws {
        if isTunnel {
            await connection.endWriting()
        } else if let length {
            if sent < length { throw ConnectionError.closed }
        } else {
            try? await connection.write("0\r\n\r\n")
        }
    }

    nonisolated func abandon() {
        Task { await connection.abort() }
    }
}

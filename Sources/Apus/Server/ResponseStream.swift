import ApusHTTP
import ApusNet
import ApusRuntime

/// A response whose content is produced while it is sent: frames what the function writes, and makes it wait for the
/// client. Belongs to the connection's loop.
@safe final class ResponseStream {
    private let connection: Connection
    private let framing: ResponseFraming
    private let produce: (ResponseWriter) async throws -> Void
    private var announced: Int64 = 0
    private var remaining: Int64 = 0
    private var waiter: UnsafeContinuation<Void, Never>?
    var trailers = HTTPFields()

    init(
        connection: Connection, framing: ResponseFraming,
        produce: @escaping (ResponseWriter) async throws -> Void
    ) {
        self.connection = connection
        self.framing = framing
        self.produce = produce
        if case .length(let count) = framing {
            announced = count
            remaining = count
        }
    }

    /// Runs the function to its end and ends the content, or breaks the connection off when it fails: the client
    /// must not take a part for the whole.
    func run(log: Log, route: String) async {
        do {
            try await produce(ResponseWriter(self))
            guard remaining == 0 else { throw ResponseStreamError.tooShort(announced: announced, missing: remaining) }
            if framing == .chunked { connection.writeLastChunk(trailers) }
        } catch {
            if connection.isOpen {
                if !(error is CancellationError) { log(.error, "\(route): the response broke off: \(error)") }
                connection.abort()
            }
        }
    }

    /// Waits until the client has taken most of what is queued.
    private func room() async throws {
        while !connection.isWritable, connection.isOpen {
            await unsafe withUnsafeContinuation { continuation in unsafe waiter = continuation }
        }
        guard connection.isOpen else { throw CancellationError() }
    }

    func write(_ file: OpenFile, offset: Int64, count: Int) async throws {
        guard count > 0 else { return }
        try await room()
        switch framing {
        case .none: return
        case .length:
            guard count <= remaining else { throw ResponseStreamError.tooLong(announced: announced) }
            remaining -= Int64(count)
        case .untilClose: break
        case .chunked: connection.beginChunk(count)
        }
        connection.write(file, offset: offset, count: count)
        if framing == .chunked { connection.endChunk() }
    }

    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await room()
        switch framing {
        case .none: break
        case .length:
            guard bytes.count <= remaining else { throw ResponseStreamError.tooLong(announced: announced) }
            remaining -= Int64(bytes.count)
            unsafe connection.write(bytes.span.bytes)
        case .untilClose: unsafe connection.write(bytes.span.bytes)
        case .chunked: unsafe connection.writeChunk(bytes.span.bytes)
        }
    }

    /// The client has taken what was queued, or is gone.
    func wakeWriter() {
        guard let continuation = unsafe waiter else { return }
        unsafe waiter = nil
        unsafe continuation.resume()
    }
}

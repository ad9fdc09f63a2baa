import ApusRuntime
import Synchronization
import TestSupport

@testable import ApusNet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs a test on loops of its own, and stops them.
///
/// The environment variable APUS_TEST_DRIVER chooses the driver, so that every driver passes the same tests.
func withLoops<Result>(
    _ count: Int = 2, log: Log = .none, time: ManualTime? = nil, isolation: isolated (any Actor)? = #isolation,
    _ body: (LoopGroup) async throws -> Result
) async throws -> Result {
    let driver = unsafe getenv("APUS_TEST_DRIVER").flatMap { unsafe DriverChoice(rawValue: String(cString: $0)) }
    var options = LoopGroup.Options(loops: count, driver: driver ?? .auto, log: log)
    options.manualTime = time
    let group = try LoopGroup(options)
    defer { group.shutdown() }
    return try await body(group)
}

/// Some IPv4 port of this machine that the system chooses.
let anyPort = SocketAddress.ipv4(.loopback, port: 0)

/// What happens on other threads, in order, for a test to wait for.
final class Events<Event: Sendable>: Sendable {
    private let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func callAsFunction(_ event: Event) { continuation.yield(event) }

    /// The next event, when it has come.
    func next() async -> Event? {
        for await event in stream { return event }
        return nil
    }
}

/// A handler made of closures; what isn't given is as by default.
final class Script: ConnectionHandler {
    var whenConnected: (Connection) -> Void = { _ in }
    var whenReceived: (RawSpan, Connection) -> Int = { bytes, _ in bytes.byteCount }
    var whenEnded: (Connection) -> Void = { $0.closeAfterWriting() }
    var whenHungUp: (Connection) -> Void = { _ in }
    var whenWritable: (Connection) -> Void = { _ in }
    var whenClosed: (Connection, SystemError?) -> Void = { _, _ in }

    init(_ write: (Script) -> Void) { write(self) }

    /// Writes so many bytes, a piece at a time and as long as the connection takes them, closes, and tells the most that
    /// was queued.
    func write(_ total: Int, in piece: [UInt8], _ highest: Events<Int>) {
        var left = total
        var most = 0
        let writeOn = { (connection: Connection) in
            while left > 0, connection.isWritable {
                unsafe connection.write(piece.span.bytes)
                left -= piece.count
                most = max(most, connection.queuedCount)
            }
            guard left == 0 else { return }
            left = -1
            highest(most)
            connection.closeAfterWriting()
        }
        whenConnected = writeOn
        whenWritable = writeOn
    }

    func connected(_ connection: Connection) { whenConnected(connection) }
    func received(_ bytes: RawSpan, on connection: Connection) -> Int { whenReceived(bytes, connection) }
    func receivedEnd(on connection: Connection) { whenEnded(connection) }
    func peerHungUp(on connection: Connection) { whenHungUp(connection) }
    func writable(on connection: Connection) { whenWritable(connection) }
    func closed(_ connection: Connection, error: SystemError?) { whenClosed(connection, error) }
}

extension RawSpan {
    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}

extension MappedFile {
    func copy() -> [UInt8] {
        let bytes = self.bytes
        return bytes.array
    }
}

extension Buffer {
    /// The readable bytes, copied.
    var array: [UInt8] {
        let bytes = self.bytes
        return bytes.array
    }
}

/// Returns when the condition holds; it must come about by itself, and is looked at again and again.
///
/// - Throws: `NeverHappened` after twenty seconds, so that a defect fails a test instead of stopping it.
func until(_ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        guard ContinuousClock.now < end else { throw NeverHappened() }
        await Task.yield()
    }
}

struct NeverHappened: Error {}

/// Bytes that look random, never repeat within a few bytes' shift, and are the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    // A page of noise, again and again, each time with its number in front: fast enough for 50 MiB.
    var random = SeededRandom(seed: seed)
    let page = (0..<min(count, 4093)).map { _ in UInt8(truncatingIfNeeded: random.next() >> 32) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + page.count)
    while bytes.count < count {
        unsafe bytes.append(contentsOf: withUnsafeBytes(of: UInt64(bytes.count)) { unsafe Array($0) })
        bytes.append(contentsOf: page)
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// A file that is gone with the last reference.
final class TemporaryFile: Sendable {
    let path: String

    init(_ content: [UInt8] = []) throws {
        path = "/tmp/apus-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let made = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard made >= 0 else { throw SystemError(call: "open") }
        defer { _ = close(made) }
        var written = 0
        while written < content.count {
            let count = unsafe content.withUnsafeBytes { bytes in
                unsafe write(made, bytes.baseAddress! + written, bytes.count - written)
            }
            guard count > 0 else { throw SystemError(call: "write") }
            written += count
        }
    }

    func openForReading() throws -> OpenFile { try OpenFile(path: path) }

    func truncate(to size: Int) { _ = unsafe Glibc.truncate(path, off_t(size)) }

    deinit { _ = unsafe unlink(path) }
}

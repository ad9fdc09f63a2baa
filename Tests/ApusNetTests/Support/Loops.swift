import ApusRuntime
import Synchronization

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
    _ count: Int = 2, log: Log = .none, isolation: isolated (any Actor)? = #isolation,
    _ body: (LoopGroup) async throws -> Result
) async throws -> Result {
    let driver = unsafe getenv("APUS_TEST_DRIVER").flatMap { unsafe DriverChoice(rawValue: String(cString: $0)) }
    let group = try LoopGroup(LoopGroup.Options(loops: count, driver: driver ?? .auto, log: log))
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
    var whenWritable: (Connection) -> Void = { _ in }
    var whenClosed: (Connection, SystemError?) -> Void = { _, _ in }

    init(_ write: (Script) -> Void) { write(self) }

    func connected(_ connection: Connection) { whenConnected(connection) }
    func received(_ bytes: RawSpan, on connection: Connection) -> Int { whenReceived(bytes, connection) }
    func receivedEnd(on connection: Connection) { whenEnded(connection) }
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

/// Bytes that look random and are the same for the same seed (SplitMix64).
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = Noise(seed: seed)
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        for index in 0..<count { unsafe buffer[index] = UInt8(truncatingIfNeeded: random.next() >> 32) }
        filled = count
    }
}

struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
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

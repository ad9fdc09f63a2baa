@testable import ApusNet
@testable import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A peer that knows nothing of Apus: a blocking socket of the system, used on a thread of its own (`onThread`).
///
/// Every wait ends after twenty seconds with an error, so that a defect fails a test instead of stopping it.
final class RawSocket: Sendable {
    let descriptor: CInt

    struct Failure: Error, Equatable, CustomStringConvertible {
        let call: String
        let code: CInt
        var description: String { unsafe "\(call): \(String(cString: strerror(code)))" }
    }

    init(owning descriptor: CInt) { self.descriptor = descriptor }

    /// Connects, from a given address when one is given.
    init(to address: SocketAddress, from local: SocketAddress? = nil, receiveBuffer: CInt? = nil) throws {
        descriptor = socket(address.family, Int32(streamType), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        if var receiveBuffer {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<CInt>.size))
        }
        if let local {
            let failure = try local.bindErrno(descriptor)
            guard failure == 0 else { throw Failure(call: "bind", code: failure) }
        }
        let failure = try address.connectErrno(descriptor)
        guard failure == 0 else { throw Failure(call: "connect", code: failure) }
    }

    deinit { closeDescriptor(descriptor) }

    /// Sends everything.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.send(descriptor, all.baseAddress! + sent, all.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(call: "send", code: errno) }
            sent += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// What comes next, at most so many bytes; empty at the peer's end.
    func receive(atMost limit: Int = 1 << 16) throws -> [UInt8] {
        var failure: CInt = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var got = -1
            repeat { got = unsafe recv(descriptor, buffer.baseAddress, limit, 0) } while got < 0 && errno == EINTR
            if got < 0 { failure = errno }
            count = max(got, 0)
        }
        guard failure == 0 else { throw Failure(call: "recv", code: failure) }
        return bytes
    }

    /// Exactly so many bytes, or fewer when the end comes first.
    func receive(exactly count: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(count)
        while all.count < count {
            let part = try receive(atMost: min(count - all.count, 1 << 18))
            if part.isEmpty { break }
            all += part
        }
        return all
    }

    /// All until the peer's end.
    func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let part = try receive(atMost: 1 << 18)
            if part.isEmpty { return all }
            all += part
        }
    }

    /// The error that ends the connection; nil when it ends in order.
    func endOfConnection() -> CInt? {
        while true {
            do {
                if try receive().isEmpty { return nil }
            } catch {
                return (error as? Failure)?.code
            }
        }
    }

    /// Sends our end.
    func endWriting() { _ = shutdown(descriptor, CInt(SHUT_WR)) }

    /// Has the socket reset the connection when it is closed.
    func resetWhenClosed() {
        var now = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    var localAddress: SocketAddress? { SocketAddress.local(of: descriptor) }
}

/// Runs blocking work on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    let running = Running()
    let result: Result<Value, any Error> = try await withCheckedThrowingContinuation { continuation in
        do {
            running.thread = try Thread(named: "peer", stackSize: 256 << 10) {
                continuation.resume(returning: Result { try body() })
            }
        } catch {
            continuation.resume(throwing: error)
        }
    }
    running.thread?.join()
    return try result.get()
}

private final class Running {
    var thread: Thread?
}

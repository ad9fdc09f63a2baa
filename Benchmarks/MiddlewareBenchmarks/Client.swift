import Apus
import Glibc

private func threadNanoseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// What the loop's thread has used so far.
private func used(by loop: EventLoop) async -> UInt64 {
    await withCheckedContinuation { continuation in
        loop.execute { _ in continuation.resume(returning: threadNanoseconds()) }
    }
}

/// A blocking connection that sends the same again and again, and counts the bytes that come back.
///
/// A program whose requests are not taken, or whose server has closed, has nothing to measure, and stops.
final class Client {
    private let socket: CInt
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    init(_ address: SocketAddress) {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var system = sockaddr_in()
        system.sin_family = sa_family_t(AF_INET)
        system.sin_port = (address.port ?? 0).bigEndian
        system.sin_addr.s_addr = IPv4Address.loopback.value.bigEndian
        let failed = unsafe withUnsafePointer(to: &system) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(failed == 0, "the server can't be reached")
    }

    deinit { close(socket) }

    private func write(_ bytes: [UInt8]) {
        let count = unsafe send(socket, bytes, bytes.count, 0)
        precondition(count == bytes.count, "the requests were not taken at once")
    }

    private func read(_ count: Int) {
        var left = count
        while left > 0 {
            let got = unsafe recv(socket, &buffer, min(left, buffer.count), 0)
            precondition(got > 0, "the server has closed")
            left -= got
        }
    }

    /// The bytes of one answer, which comes at once.
    private func answerCount(_ request: [UInt8]) -> Int {
        write(request)
        let got = unsafe recv(socket, &buffer, buffer.count, 0)
        precondition(got > 12 && buffer[9] == UInt8(ascii: "2"), "the server does not answer with 2xx")
        return got
    }

    /// The nanoseconds of the loop's CPU time that a request takes, of many that are pipelined.
    func measure(_ request: [UInt8], on loop: EventLoop, count: Int = 64 * 600) async -> Double {
        let answer = answerCount(request)
        let many = Array(repeating: request, count: Self.requestsPerWrite).flatMap { $0 }
        let before = await used(by: loop)
        for _ in 0..<(count / Self.requestsPerWrite) {
            write(many)
            read(answer * Self.requestsPerWrite)
        }
        return Double(await used(by: loop) - before) / Double(count)
    }

    private static let requestsPerWrite = 64
}

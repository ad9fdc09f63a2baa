import ApusRuntime
import Testing

@testable import ApusNet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("A process without descriptors left", .timeLimit(.minutes(1))) struct DescriptorTests {
    @Test("sheds new connections, logs once, and recovers")
    func exhaustion() async {
        // In a process of its own, for the limit is the process's.
        await #expect(processExitsWith: .success) {
            let lines = Lock<[String]>([])
            // Before the loop begins to accept: io_uring goes by the limit of that moment.
            #expect(DescriptorTests.setLimit(256))
            let log = Log { _, line in lines.withLock { $0.append(line) } }
            try await withLoops(1, log: log) { group in
                let server = try StreamServer.listen(on: anyPort, group: group) { _ in
                    Script { script in
                        script.whenReceived = { bytes, connection in
                            connection.write(bytes)
                            return bytes.byteCount
                        }
                    }
                }
                let survivor = try await onThread { try RawSocket(to: server.address) }
                try await onThread {
                    try survivor.send("a")
                    #expect(try survivor.receive(exactly: 1).count == 1)
                }
                // The peers' own sockets are made while there still are descriptors.
                let shed = try await onThread { try DescriptorTests.unconnected(30) }
                try DescriptorTests.withoutFreeDescriptors {
                    for peer in shed { #expect(try server.address.connectErrno(peer.descriptor) == 0) }
                    for peer in shed {
                        let end = peer.endOfConnection()
                        #expect(end == nil || end == ECONNRESET)
                    }
                    try survivor.send("b")
                    #expect(try survivor.receive(exactly: 1).count == 1)
                }
                try await onThread {
                    let late = try RawSocket(to: server.address)
                    try late.send("c")
                    #expect(try late.receive(exactly: 1).count == 1)
                }
            }
            #expect(lines.withLock { $0.count { $0.hasPrefix("accept: Too many open files") } } == 1)
        }
    }

    private static func unconnected(_ count: Int) throws -> [RawSocket] {
        (0..<count).map { _ in
            let made = RawSocket(owning: socket(AF_INET, Int32(streamType), 0))
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            _ = unsafe setsockopt(
                made.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            return made
        }
    }

    /// Runs `body` while every descriptor that the process may have is taken.
    private static func withoutFreeDescriptors(_ body: () throws -> Void) throws {
        var taken: [CInt] = []
        while true {
            let another = dup(0)
            if another < 0 { break }
            taken.append(another)
        }
        defer { for descriptor in taken { close(descriptor) } }
        try body()
    }

    private static func setLimit(_ count: rlim_t) -> Bool {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = count
        return unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }
}

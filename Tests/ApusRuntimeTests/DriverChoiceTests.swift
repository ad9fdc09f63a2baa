import Testing

@testable import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("The choice of driver")
struct DriverChoiceTests {
    private final class Lines: Sendable {
        let lines = Lock<[String]>([])
        var log: Log { Log { _, text in self.lines.withLock { $0.append(text) } } }
    }

    @Test("a driver that is there is taken, without a word")
    func available() {
        for kind in DriverKind.available {
            let lines = Lines()
            #expect(DriverChoice(rawValue: kind.rawValue)?.resolved(log: lines.log) == kind)
            #expect(lines.lines.withLock { $0 } == [])
        }
        #expect(DriverChoice.auto.resolved(log: .none) == DriverChoice.ofSystem)
    }

    @Test("one that is not is replaced by the system's, with one line that says why")
    func fallback() throws {
        for kind in DriverKind.allCases where !DriverKind.available.contains(kind) {
            let lines = Lines()
            #expect(DriverChoice(rawValue: kind.rawValue)?.resolved(log: lines.log) == DriverChoice.ofSystem)
            let line = try #require(lines.lines.withLock { $0 }.first)
            #expect(lines.lines.withLock { $0 }.count == 1)
            let obstacle = try #require(kind.obstacle)
            #expect(line.contains(kind.rawValue) && line.contains(obstacle))
        }
        #expect(DriverKind.available.count < DriverKind.allCases.count)
    }

    #if os(Linux)
        @Test(
            "each obstacle to io_uring says what to do about it",
            arguments: [
                (EPERM, "io_uring_disabled"), (EINVAL, "6.0"), (ENOMEM, "ulimit -l"), (EMFILE, "ulimit -n"),
                (ENOSYS, "without io_uring"), (EIO, "io_uring_setup"),
            ])
        func advice(_ code: CInt, _ expected: String) {
            let error = SystemError(code: -code, call: "io_uring_setup")
            #expect(UringSupport.explanation(of: error).contains(expected))
        }

        // In a process of its own: the limit is the whole process's.
        @Test("a process that can't open a ring falls back to epoll, and serves")
        func noDescriptorForTheRing() async {
            await #expect(processExitsWith: .success) {
                let lines = Lines()
                let first = dup(0)
                var usual = rlimit()
                _ = unsafe getrlimit(descriptorLimit, &usual)
                var limit = rlimit(rlim_cur: rlim_t(first + 1), rlim_max: usual.rlim_max)
                _ = unsafe setrlimit(descriptorLimit, &limit)
                // A sanitizer that looks for leaks at the end needs descriptors.
                defer { _ = unsafe setrlimit(descriptorLimit, &usual) }
                try #require(DriverChoice.uring.resolved(log: lines.log) == .epoll)
                try #require(lines.lines.withLock { $0 }.count == 1)
            }
        }
    #endif
}

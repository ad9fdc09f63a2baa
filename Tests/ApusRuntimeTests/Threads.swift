@testable import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs `body` on `count` bare threads at once, each told its index, and `meanwhile` on the calling thread; returns
/// when all have. For tests that must not depend on an executor.
func onThreads(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Void, meanwhile: () throws -> Void = {}
) throws {
    let threads = try (0..<count).map { index in
        try Thread(named: "test-\(index)", stackSize: 512 << 10) { body(index) }
    }
    defer { for thread in threads { thread.join() } }
    try meanwhile()
}

/// Lets another thread go first.
func yieldThread() { sched_yield() }

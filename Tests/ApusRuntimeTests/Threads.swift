@testable import ApusRuntime

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

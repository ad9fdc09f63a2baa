import Apus
import ApusTesting

/// An application that serves on a port of the system's choice until the test has ended.
func serving(
    driver: DriverChoice = .epoll, loops: Int = 1, clock: TestClock? = nil,
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    _ register: (Application) -> Void, test: (SocketAddress) async throws -> Void
) async throws {
    var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
    configuration.loops = LoopGroup.Options(loops: loops, driver: driver, log: .none)
    configuration.loops.manualTime = clock?.time
    configuration.log = .none
    configuration.drainTimeout = .seconds(2)
    configuration.takesOverSockets = false
    // A test that waits for its turn on a busy machine is no client that forgets to acknowledge.
    configuration.limits.http2.peer.settingsAcknowledgement = .seconds(300)
    configure(&configuration)
    let application = Application(configuration)
    register(application)
    let server = try application.start()
    do {
        try await withThreadOfItsOwn { try await test(server.address) }
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// Runs what blocks, as the clients of these tests do, on a thread of its own: those that Swift has for all tasks are as
/// few as the processors, and the other tests wait for them. With a clock, time passes there when the test says so.
func withThreadOfItsOwn<Result>(
    clock: TestClock? = nil, _ body: () async throws -> Result
) async throws -> Result {
    var options = LoopGroup.Options(loops: 1, driver: .epoll, holdLimit: .seconds(3600), log: .none)
    options.manualTime = clock?.time
    let group = try LoopGroup(options)
    defer { group.shutdown() }
    return try await withTaskExecutorPreference(group.loops[0]) {
        precondition(group.loops[0].isCurrent, "the preference was not heeded")
        return try await body()
    }
}

#if ServiceLifecycle
    import Apus
    import ApusNet
    import ApusRuntime
    import ServiceLifecycle
    import ServiceLifecycleTestKit
    import Testing

    @Suite("The bridge to swift-service-lifecycle", .timeLimit(.minutes(2)))
    struct ServiceLifecycleTests {
        /// An application, and what its log says.
        private func application() -> (Application, AsyncStream<String>) {
            let (lines, said) = AsyncStream.makeStream(of: String.self)
            var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
            configuration.loops = LoopGroup.Options(loops: 1, log: .none)
            configuration.log = Log { _, text in said.yield(text) }
            configuration.takesOverSockets = false
            let app = Application(configuration)
            app.get("/") { _ in "here" }
            return (app, lines)
        }

        @Test("an application serves until its group shuts down, and then ends in good order")
        func shutdown() async throws {
            let (app, lines) = application()
            let service = ApplicationService(app)
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await service.run() }
                    let greeting = try #require(await lines.first { _ in true })
                    #expect(greeting.contains("http://127.0.0.1:"))
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
            }
        }

        @Test("a service that is cancelled ends as well")
        func cancellation() async throws {
            let (app, lines) = application()
            let task = Task { try await ApplicationService(app).run() }
            _ = await lines.first { _ in true }
            task.cancel()
            try await task.value
        }

        @Test("what keeps an application from serving is thrown to the group")
        func failure() async {
            let (app, _) = application()
            app.get("/") { _ in "twice" }
            await #expect(throws: RegistrationErrors.self) { try await ApplicationService(app).run() }
        }
    }
#endif

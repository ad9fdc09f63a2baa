import Apus
import Testing

@Suite("The examples of the configuration")
struct ConfigurationExamples {
    /// Compiled only, for it serves until it is stopped.
    private func run() async throws {
        // example: ConfigurationGuide.md
        let configuration = try Configuration.load(file: "apus.json5")
        let app = try Application(configuration)
        app.get("/") { _ in "Hello, World!" }
        try await app.run(reloading: { try Configuration.load(file: "apus.json5") })
        // end
    }

    /// Compiled only, for there is no such file.
    private func make() throws -> Application {
        // example: Configuration.swift
        let configuration = try Configuration.load(file: "apus.json5")
        let app = try Application(configuration)
        // end
        return app
    }

    @Test("mistakes are told with their origins")
    func mistakes() throws {
        // example: ConfigurationGuide.md
        do {
            _ = try Configuration.load(
                file: nil, environment: ["APUS_LIMITS_BODY": "many", "APUS_LIMITS_BODDY": "1KiB"])
        } catch {
            for problem in error.problems { print(problem.origin, problem.path, problem.suggestion ?? "") }
        }
        // end
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(environment: ["APUS_LIMITS_BODY": "many", "APUS_LIMITS_BODDY": "1KiB"])
        }
        #expect(error?.problems.count == 2)
        let shown = try linesOfArticle("Apus/Apus.docc/ConfigurationGuide.md")
        for problem in error?.problems ?? [] where problem.kind == .value {
            #expect(shown.contains { $0 == problem.description })
        }
        let foreign = #expect(throws: ConfigurationError.self) {
            try Configuration.load(environment: ["APUS_PORT": "80"])
        }
        #expect(shown.contains { $0 == foreign?.problems.first?.description ?? "" })
    }

    @Test("a change that is based on an older configuration is refused")
    func revisions() async throws {
        let server = try Application(Configuration(.testing)).start()
        // example: ConfigurationGuide.md
        let seen = server.configurationRevision!
        try server.update([ConfigurationFlag("admin", path: "limits.body", value: "2MiB")], basedOn: seen)
        do {
            try server.rollback(basedOn: seen)
        } catch {
            print(error.problems[0].kind == .stale)  // true: the configuration is another by now
        }
        // end
        let error = #expect(throws: ConfigurationError.self) { try server.rollback(basedOn: seen) }
        #expect(error?.problems.map(\.kind) == [.stale])
        #expect(server.currentConfiguration?.limits.body == 2 << 20)
        await server.stop()
    }

    @Test("a running server takes over what it can")
    func reloading() async throws {
        let configuration = Configuration(.testing)
        let server = try Application(configuration).start()
        // example: ConfigurationGuide.md
        var wanted = configuration
        wanted.limits.body = 1 << 20
        wanted.log.level = .debug
        let update = try server.update(wanted)
        print(update.applied, update.needsListener, update.needsRestart)
        try server.update([ConfigurationFlag("admin", path: "limits.idleTimeout", value: "15s")])
        try server.rollback()
        // end
        #expect(update.applied.map(\.path) == ["limits.body", "log.level"] && update.needsRestart.isEmpty)
        #expect(server.currentConfiguration?.limits.idleTimeout == .seconds(60))
        await server.stop()
    }
}

import Apus
import ApusTesting
import Testing

/// A library that answers on a thread of its own, which is no loop of the application's.
private struct Library: Sendable {
    struct Unknown: Error {}

    let thread: LoopGroup

    func fetchLatinName(of id: String, _ done: @escaping @Sendable (Result<String, any Error>) -> Void) {
        thread.loops[0].execute { _ in done(id == "7" ? .success("Apus apus") : .failure(Unknown())) }
    }

    func name(of id: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            thread.loops[0].execute { _ in
                guard id == "7" else { return continuation.resume(throwing: Unknown()) }
                continuation.resume(returning: "swift")
            }
        }
    }
}

@Suite("Examples of other libraries", .timeLimit(.minutes(1)))
struct OtherLibraryExamples {
    private func register(_ app: Application, _ library: Library) {
        // example: OtherLibraries.md
        app.get("/birds/:id") { context async throws in
            let name = try await library.name(of: context.parameters.require("id"))
            return "\(name), on its loop again: \(context.loop.isCurrent)"
        }
        // end
        // example: OtherLibraries.md
        app.get("/birds/:id/latin") { context async throws in
            let id: String = try context.parameters.require("id")
            let name = try await withCheckedThrowingContinuation { continuation in
                library.fetchLatinName(of: id) { result in continuation.resume(with: result) }
            }
            return "\(name), on its loop again: \(context.loop.isCurrent)"
        }
        // end
    }

    @Test(
        "a handler is back on its loop after a library's thread has answered, also when it has failed",
        arguments: [TestCarrier.inProcess(loops: 2), .live])
    func back(_ carrier: TestCarrier) async throws {
        let thread = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { thread.stop() }
        let app = Application()
        register(app, Library(thread: thread))
        app.get("/failing") { context async throws -> String in
            do {
                return try await Library(thread: thread).name(of: "8")
            } catch is Library.Unknown {
                return "failed, on its loop again: \(context.loop.isCurrent)"
            }
        }
        try await app.test(carrier) { client in
            try await client.get("/birds/7").expect(.ok).expect(text: "swift, on its loop again: true")
            try await client.get("/birds/7/latin").expect(.ok).expect(text: "Apus apus, on its loop again: true")
            try await client.get("/birds/8").expect(.internalServerError)
            try await client.get("/failing").expect(.ok).expect(text: "failed, on its loop again: true")
        }
    }
}

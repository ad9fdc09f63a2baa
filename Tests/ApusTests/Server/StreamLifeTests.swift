import Apus
import ApusRuntime
import ApusTesting
import Testing

@Suite("What a streamed response holds", .timeLimit(.minutes(1)))
struct StreamLifeTests {
    /// Tells when nothing holds it any more.
    private final class Witness: Sendable {
        let gone: @Sendable () -> Void

        init(_ gone: @escaping @Sendable () -> Void) { self.gone = gone }

        deinit { gone() }
    }

    @Test("is let go of with its request, which it holds itself", arguments: [TestCarrier.inProcess, .live])
    func requests(carrier: TestCarrier) async throws {
        let gone = Lock(0)
        let app = Application()
        app.get("/stream") { context in
            let witness = Witness { gone.withLock { $0 += 1 } }
            return Response(stream: { writer in
                try await writer.write(context.path)
                try withExtendedLifetime(witness) { try Task.checkCancellation() }
            })
        }
        app.get("/endless") { context in
            let witness = Witness { gone.withLock { $0 += 1 } }
            return Response(stream: { writer in
                try await writer.write("one")
                try await context.loop.sleep(for: .seconds(3600))
                withExtendedLifetime(witness) {}
            })
        }
        try await app.test(carrier) { client in
            for _ in 0..<20 { #expect(try await client.get("/stream").text == "/stream") }
            for _ in 0..<5 {
                let response = try await client.stream(.get, "/endless")
                #expect(try await response.next() != nil)
                response.close()
            }
        }
        // The server has ended: what is held now is held for ever.
        #expect(gone.withLock { $0 } == 25)
    }
}

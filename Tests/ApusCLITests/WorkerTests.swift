import Apus
import ApusWorkers
import Testing

@testable import ApusArguments
@testable import ApusCLI

@Suite("Workers")
struct WorkerTests {
    private func options(_ words: String...) -> ServeOptions? {
        guard case .run(.serve(let options)) = Invocation(arguments: ["serve"] + words, version: "0") else {
            return nil
        }
        return options
    }

    @Test("a worker that dies is started at once, then later and later, and at once again after a long life")
    func delays() {
        var delay = RestartDelay()
        let waits = (0..<10).map { _ in delay.next(afterLifeOf: .seconds(1)) }
        #expect(
            waits == [
                .zero, .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800),
                .milliseconds(1600), .milliseconds(3200), .milliseconds(6400), .seconds(10), .seconds(10),
            ])
        for _ in 0..<100 { #expect(delay.next(afterLifeOf: .zero) == .seconds(10)) }
        #expect(delay.next(afterLifeOf: .seconds(60)) == .zero)
        #expect(delay.next(afterLifeOf: .zero) == .milliseconds(100))
    }

    @Test("--workers takes a number from 1 to 512, and shares the processors unless loops are named")
    func arguments() throws {
        #expect(options("--workers", "3")?.workers == 3)
        #expect(options()?.workers == nil)
        for word in ["0", "513", "-1", "many"] { #expect(options("--workers", word) == nil) }
        let shared = try #require(options("--workers", "512")).configuration(environment: [:])
        #expect(shared.loops.loops == 1 && shared.origin(of: "loops.count") == .flag("--workers"))
        let named = try #require(options("-w", "2", "--loops", "3")).configuration(environment: [:])
        #expect(named.loops.loops == 3)
    }
}

import Apus
import Testing

@Suite("The examples of stopping and restarting")
struct LifecycleExamples {
    private func start() throws -> RunningServer { try Application(Configuration(.testing)).start() }

    @Test("a drain with its own limits")
    func draining() async throws {
        let server = try start()
        server.stopNow()
        // example: StoppingAndRestarting.md
        let report = await server.drain(DrainPlan(delay: .seconds(5), timeout: .seconds(30))) { progress in
            print("\(progress.step): \(progress.connections) connections after \(progress.elapsed)")
        }
        print("\(report.finished) ended in order, \(report.cut) were cut")
        // end
        #expect(report.cut == 0)
    }

    @Test("events of a server's life")
    func events() async throws {
        let server = try start()
        server.stopNow()
        // example: StoppingAndRestarting.md
        for await event in server.lifecycleEvents() {
            switch event {
            case .draining(let progress): print("draining: \(progress.step)")
            case .handover(let progress): print("handing over: \(progress)")
            case .configurationChanged(let update): print("changed: \(update.applied)")
            case .configurationRefused(let error): print("refused: \(error)")
            }
        }
        // end
        #expect(server.isDraining)
    }

    @Test("a hand-over to a program that is not there")
    func handover() async throws {
        let server = try start()
        // example: StoppingAndRestarting.md
        var options = HandoverOptions()
        options.program = "/opt/service/next/service"
        options.readyTimeout = .seconds(20)
        do {
            let successor = try await server.handOver(options)
            print("process \(successor) serves")
            await server.stop()
        } catch {
            print("serving on: \(error)")
        }
        // end
        #expect(!server.isDraining)
        await server.stop()
    }
}

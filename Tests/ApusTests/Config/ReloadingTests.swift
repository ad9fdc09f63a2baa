import ApusNet
import ApusRuntime
import Testing

@testable import Apus

@Suite("Reloading a configuration")
struct ReloadingTests {
    let folder = ConfigurationFolder()

    private func application(_ configuration: Configuration, log: Log? = nil) throws -> Application {
        var server = try configuration.serverConfiguration()
        if let log { server.log = log }
        let application = Application(server)
        application.post("/size") { context async throws in "\(try await context.body.collect().count)" }
        return application
    }

    private func status(_ address: SocketAddress, sending count: Int) throws -> Int {
        let client = try RawClient(address)
        client.send(
            "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n" + String(repeating: "x", count: count))
        return try client.response().status
    }

    /// The loops have done what they were told.
    private func settle(_ server: RunningServer) async {
        for loop in server.group.loops {
            await withCheckedContinuation { done in loop.execute { _ in done.resume() } }
        }
    }

    @Test("a running server takes over its limits and the log's level, and names what needs a restart")
    func limits() async throws {
        var configuration = Configuration(.testing)
        configuration.limits.body = 10
        let server = try application(configuration).start()
        #expect(try status(server.address, sending: 11) == 413)
        var wanted = configuration
        wanted.limits.body = 11
        wanted.limits.head.fieldCount = 5
        wanted.log.level = .debug
        wanted.loops.loops = 3
        wanted.listeners.append(ListenerSettings())
        wanted.listeners[1].port = 9
        let reload = try server.update(wanted)
        #expect(
            reload.applied.map(\.description) == [
                "limits.body is \"11B\" (was \"10B\")", "log.level is \"debug\" (was \"error\")",
            ])
        #expect(reload.needsRestart.map(\.path).contains("limits.head.fieldCount"))
        #expect(reload.needsRestart.map(\.path).contains("loops.count"))
        #expect(reload.needsListener.map(\.path).contains("listeners[1].port"))
        await settle(server)
        #expect(try status(server.address, sending: 11) == 200)
        #expect(try status(server.address, sending: 12) == 413)
        #expect(server.configuration.log.minimum == .debug)
        // What needs a restart is named until there is one.
        let again = try server.update(wanted)
        #expect(again.applied.isEmpty && again.needsRestart == reload.needsRestart)
        #expect(again.needsListener == reload.needsListener)
        await server.stop()
    }

    @Test("a mistake leaves everything as it was, and the log names it")
    func mistakes() async throws {
        let lines = Lines()
        let server = try application(Configuration(.testing), log: lines.log).start()
        let file = folder.write("{ preset: 'testing', limits: { body: 'many', bodyTimeout: 1 } }")
        server.reload(making: { try Configuration.load(file: file, environment: [:]) })
        #expect(lines.all.count == 2, "\(lines.all)")
        #expect(lines.all.allSatisfy { $0.hasPrefix("the configuration stays as it was: \(file):1:") })
        #expect(try status(server.address, sending: 100) == 200)
        folder.write("{ preset: 'testing', limits: { body: '50B' } }")
        server.reload(making: { try Configuration.load(file: file, environment: [:]) })
        #expect(lines.all.last == "reloaded: limits.body is \"50B\" (was \"10MiB\")")
        await settle(server)
        #expect(try status(server.address, sending: 100) == 413)
        server.reload(making: { try Configuration.load(file: file, environment: [:]) })
        #expect(lines.all.last == "reloaded: no key has changed")
        server.reload(making: nil)
        #expect(lines.all.last == "reloaded the certificates")
        await server.stop()
    }

    @Test("what may change of TLS is told apart from what may not")
    func tls() {
        var old = Configuration(.testing)
        old.listeners[0].tls = TLSSettings()
        old.listeners[0].tls?.identity.certificate = "a.pem"
        var new = old
        new.listeners[0].tls?.identity.certificate = "b.pem"
        new.listeners[0].tls?.clients = .optional
        #expect(
            old.update(to: new).applied.map(\.path) == ["listeners[0].tls.certificate", "listeners[0].tls.clients"])
        #expect(old.update(to: new).needsRestart.isEmpty)
        #expect(old.takingOver(new).listeners == new.listeners)
        new.listeners[0].tls?.handshakeTimeout = .seconds(1)
        #expect(old.takingOver(new).listeners[0].tls?.handshakeTimeout == .seconds(10))
        // A listener that moves takes its certificates with it, at the restart.
        new.listeners[0].port = 9
        #expect(old.update(to: new).applied.isEmpty && old.update(to: new).needsListener.count == 4)
    }
}

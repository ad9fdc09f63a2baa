import ApusNet
import ApusRuntime
import Glibc
import Testing

@testable import Apus

@Suite("Handing over", .timeLimit(.minutes(2)))
struct HandoverTests {
    private func start(_ configure: (inout ServerConfiguration) -> Void = { _ in }) throws -> RunningServer {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 2, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configure(&configuration)
        let app = Application(configuration)
        app.get("/") { _ in "x" }
        return try app.start()
    }

    private func ask(_ server: RunningServer) throws -> String {
        let client = try RawClient(server.address)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.response().text
    }

    private static func openDescriptors() -> Int {
        var count = 0
        guard let folder = unsafe opendir("/proc/self/fd") else { return -1 }
        while unsafe readdir(folder) != nil { count += 1 }
        unsafe closedir(folder)
        return count
    }

    private func failure(
        of server: RunningServer, _ program: String, _ arguments: [String] = [], within time: Duration = .seconds(60)
    ) async -> HandoverError? {
        var options = HandoverOptions()
        options.program = program
        options.arguments = arguments
        options.readyTimeout = time
        do throws(HandoverError) {
            try await server.handOver(options)
            return nil
        } catch {
            return error
        }
    }

    @Test("a new process that is not there, ends at once, hangs or says nonsense leaves the server as it was")
    func failures() async throws {
        let server = try start()
        let events = server.lifecycleEvents()
        let cases: [(String, [String], (HandoverError.Reason) -> Bool)] = [
            ("/no/such/program", [], { if case .notStarted = $0 { true } else { false } }),
            ("/bin/false", [], { $0 == .ended("exit code 1") }),
            ("/bin/sh", ["-c", "kill -9 $$"], { $0 == .ended("signal 9 (SIGKILL)") }),
            ("/bin/sleep", ["600"], { $0 == .timedOut(.milliseconds(200)) }),
            (
                "/bin/sh", ["-c", "echo nonsense >&3; exec sleep 600"],
                { if case .refused = $0 { true } else { false } }
            ),
            ("/bin/sh", ["-c", "printf '\\020\\0\\0\\0failed no memory' >&3"], { $0 == .refused("no memory") }),
        ]
        let before = Self.openDescriptors()
        for (program, arguments, isExpected) in cases {
            // Only the one that hangs is to be too late, on a machine that is busy too.
            let hangs = program == "/bin/sleep"
            let error = await failure(of: server, program, arguments, within: hangs ? .milliseconds(200) : .seconds(60))
            #expect(
                error.map { isExpected($0.reason) } == true,
                "\(program) \(arguments): \(error?.description ?? "none")")
            #expect(try ask(server) == "x")
        }
        #expect(try ask(server) == "x")
        #expect(Self.openDescriptors() <= before + 4)
        await server.stop()
        var told: [String] = []
        for await event in events {
            guard case .handover(let progress) = event else { continue }
            switch progress {
            case .began: told.append("began")
            case .started: told.append("started")
            case .served: told.append("served")
            case .failed: told.append("failed")
            }
        }
        #expect(told.filter { $0 == "began" }.count == cases.count)
        #expect(told.filter { $0 == "failed" }.count == cases.count)
        #expect(told.filter { $0 == "started" }.count == cases.count - 1 && !told.contains("served"))
    }

    @Test("one hand-over at a time, and none for a server that stops")
    func once() async throws {
        let server = try start()
        var options = HandoverOptions()
        options.program = "/bin/sleep"
        options.arguments = ["600"]
        let events = server.lifecycleEvents()
        let first = Task { [options] () -> HandoverError? in
            do throws(HandoverError) {
                try await server.handOver(options)
                return nil
            } catch {
                return error
            }
        }
        for await event in events { if case .handover(.started) = event { break } }
        #expect(await failure(of: server, "/bin/false")?.reason == .underWay)
        await server.stop()
        #expect(await first.value?.reason == .calledOff)
        #expect(await failure(of: server, "/bin/false")?.reason == .calledOff)
    }

    @Test("descriptors and words travel by a channel; its end, a time that has passed and nonsense are told apart")
    func channel() throws {
        let (one, other) = try DescriptorChannel.pair()
        var pipes: (CInt, CInt) = (0, 0)
        _ = unsafe withUnsafeMutableBytes(of: &pipes) { bytes in
            unsafe pipe(bytes.baseAddress!.assumingMemoryBound(to: CInt.self))
        }
        try one.send(HandoverMessage(.sockets, "unix:/run/a b 0", descriptors: [pipes.1, pipes.1]))
        try one.send(HandoverMessage(.offered, "1 7"))
        close(pipes.1)
        let message = try other.receive(until: nil)
        #expect(message.kind == .sockets && message.argument == "unix:/run/a b 0" && message.descriptors.count == 2)
        #expect(try other.receive(until: nil) == HandoverMessage(.offered, "1 7"))
        for descriptor in message.descriptors {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(unsafe write(descriptor, "x", 1) == 1)
            close(descriptor)
        }
        var bytes: [UInt8] = [0, 0]
        #expect(unsafe read(pipes.0, &bytes, 2) == 2)
        #expect(unsafe read(pipes.0, &bytes, 2) == 0)
        close(pipes.0)
        #expect(throws: HandoverChannelError.timedOut) { try other.receive(until: .now) }
        #expect(unsafe write(one.descriptor, [255, 255, 255, 255] as [UInt8], 4) == 4)
        #expect(throws: HandoverChannelError.malformed) { try other.receive(until: nil) }
        one.interrupt()
        #expect(throws: HandoverChannelError.ended) { try other.receive(until: nil) }
    }

    @Test("a process with another version of the protocol is refused, and told so")
    func version() throws {
        let (old, new) = try DescriptorChannel.pair()
        try old.send(HandoverMessage(.offered, "2"))
        #expect(throws: HandoverError.self) { try SocketInheritance(new) }
        #expect(try old.receive(until: nil).kind == .failed)
    }

    @Test("sockets are claimed once, by their place, and those that nobody claims are closed")
    func claiming() throws {
        let (old, new) = try DescriptorChannel.pair()
        let sockets = try ["a 1", "b 2"].map { place in
            (place, try ListeningSocket(SocketAddress(host: "127.0.0.1", port: 0)!).duplicate())
        }
        for (place, descriptor) in sockets {
            try old.send(HandoverMessage(.sockets, place, descriptors: [descriptor]))
            close(descriptor)
        }
        try old.send(HandoverMessage(.offered, "1 3"))
        let inheritance = try SocketInheritance(new)
        #expect(inheritance.worker == 3)
        let claimed = inheritance.claim("a 1")
        #expect(claimed.count == 1 && inheritance.claim("a 1").isEmpty && inheritance.claim("c 3").isEmpty)
        try old.send(HandoverMessage(.go))
        try inheritance.ready()
        inheritance.serving()
        #expect(try old.receive(until: nil).kind == .ready)
        #expect(try old.receive(until: nil).kind == .serving)
        #expect(fcntl(claimed[0], F_GETFD) >= 0)
        close(claimed[0])
    }

    @Test("sockets that are handed over are accepted from only when it is time, also where there are fewer than loops")
    func held() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 3, log: .none))
        let socket = try ListeningSocket(SocketAddress(host: "127.0.0.1", port: 0)!)
        let accepted = CancellationTests.Event()
        let server = try StreamServer.listen(
            takingOver: [socket.duplicate(), socket.duplicate()], isHeld: true, group: group, options: ListenOptions(),
            refusal: []
        ) { _ in
            accepted.tell("accepted")
            return Silent()
        }
        #expect(server.address == socket.address)
        #expect(server.duplicateSockets().map { close($0) } == [0, 0, 0])
        let client = try RawClient(server.address)
        #expect(server.admission.admittedInAll == 0)
        server.resumeAccepting()
        #expect(await accepted.next() == "accepted")
        _ = client
        server.stopAccepting()
        group.shutdown()
    }

    private final class Silent: ConnectionHandler {
        func received(_ bytes: RawSpan, on connection: Connection) -> Int { bytes.byteCount }
    }
}

import ApusNet
import ApusRuntime
import Testing

@testable import TCPChat

@Suite("TCPChat", .timeLimit(.minutes(1)))
struct TCPChatTests {
    /// Two loops with a chat on them.
    private func chatting(_ test: (SocketAddress, LoopGroup) async throws -> Void) async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 2, log: .none))
        defer { group.shutdown() }
        let listener = try AsyncListener.listen(on: .ipv4(.loopback, port: 0), group: group)
        let room = Room()
        let serving = Task { await listener.serve { connection in try await chat(connection, in: room) } }
        defer { listener.stop() }
        try await test(listener.address, group)
        serving.cancel()
        await serving.value
    }

    private func enter(_ name: String, _ address: SocketAddress, _ loop: EventLoop) async throws -> AsyncConnection {
        let connection = try await AsyncConnection.connect(to: address, on: loop)
        await connection.setTimeout(.seconds(10))
        let question = try await connection.read(exactly: 11)
        #expect(question.count == 11)
        try await connection.write("\(name)\n")
        return connection
    }

    @Test("what one says is told to the others, by name, and so is who comes and goes")
    func conversation() async throws {
        try await chatting { address, group in
            let ada = try await enter("Ada", address, group.loops[0])
            #expect(try await ada.readLine() == "* Ada has come: 1 here")
            let same = try await enter("Ada", address, group.loops[1])
            #expect(try await same.readLine() == "that name is taken")
            #expect(try await same.readLine() == nil)
            let grace = try await enter("Grace", address, group.loops[1])
            #expect(try await ada.readLine() == "* Grace has come: 2 here")
            #expect(try await grace.readLine() == "* Grace has come: 2 here")
            try await ada.write("hello\u{1B}[2J\n")
            #expect(try await grace.readLine() == "Ada: hello[2J")
            try await grace.write("good morning\r\n")
            #expect(try await ada.readLine() == "Grace: good morning")
            await grace.close()
            #expect(try await ada.readLine() == "* Grace has left")
        }
    }
}

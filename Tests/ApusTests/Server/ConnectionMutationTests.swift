import Apus
import ApusHTTP
import Glibc
import TestSupport
import Testing

/// Random changes to valid requests, through a real connection. What must hold of any bytes at all: the server lives on,
/// every connection comes to its end, each answer is well formed and belongs to the request in its place, and nothing
/// stays behind.
///
/// The environment variable APUS_MUTATIONS says how many; `Fuzz/mutations.sh` runs a million.
@Suite("Mutated requests over a connection")
struct ConnectionMutationTests {
    static var count: Int { unsafe getenv("APUS_MUTATIONS").flatMap { unsafe Int(String(cString: $0)) } ?? 500 }

    /// Each with a request that asks for something of its own behind it.
    static let valid = [
        "GET /users/%d HTTP/1.1\r\nHost: a\r\nAccept: text/html, */*;q=0.1\r\nCookie: a=b; c=d\r\n\r\n",
        "HEAD /users/%d HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/users/%d?q=1 HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\n\r\n",
        "GET /users/%d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nContent-Type: text/plain\r\n\r\nhello world",
        "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
            + "5;a=\"b\"\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /users/%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nGET /async HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /stream HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n",
    ]

    @Test(
        "whatever is changed in requests, the connection answers them in order or ends, and the server lives on",
        arguments: [DriverChoice.epoll, .uring])
    func mutations(driver: DriverChoice) async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, driver: driver, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        // The end behind the bytes says that no more will come; what is whole is to be answered all the same.
        configuration.limits.allowsHalfClose = true
        let application = Application(configuration)
        application.addSharedRoutes()
        let server = try application.start()
        try await withThreadOfItsOwn { try judge(server, driver) }
        await server.stop()
    }

    private func judge(_ server: RunningServer, _ driver: DriverChoice) throws {
        var random = SeededRandom(seed: 0x5EED)
        var tally = Tally()
        for round in 0..<Self.count {
            let bytes = Self.mutated(round, &random)
            guard try talk(bytes, to: server.address, &random, &tally) else { break }
        }
        // Only this one is left when the others are gone.
        let last = try RawClient(server.address)
        repeat {
            last.send("GET /users/7 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try last.response().text == "user 7")
        } while server.connectionCount > 1
        let buffers = server.group.loops[0].perform { $0.buffers.statistics }
        #expect(buffers.inUse.count <= 16, "buffers stay behind: \(buffers)")
        // The rounds are worth their time only while requests are taken and refused both.
        #expect(tally.wholly > Self.count / 10 && tally.refused > Self.count / 10, "\(tally)")
        if Self.count > 100_000 { print("\(driver): \(tally)") }
    }

    /// One of the requests, changed, and behind it one that is not.
    static func mutated(_ round: Int, _ random: inout SeededRandom) -> [UInt8] {
        let own = valid[round % valid.count].replacing("%d", with: "\(round)")
        let behind = "GET /users/\(round) HTTP/1.1\r\nHost: b\r\n\r\n"
        return Mutation.of(Array(own.utf8), &random, changes: 1...2) + Array(behind.utf8)
    }

    struct Tally: CustomStringConvertible {
        /// Connections on which everything was read and answered.
        var wholly = 0
        /// Those that ended with a refusal.
        var refused = 0
        var answers = 0

        var description: String { "\(answers) answers, \(wholly) connections answered wholly, \(refused) refused" }
    }

    /// Sends the bytes on a connection of their own, and judges what comes back. False: it is not worth going on.
    private func talk(
        _ bytes: [UInt8], to address: SocketAddress, _ random: inout SeededRandom, _ tally: inout Tally
    ) throws -> Bool {
        let client = try RawClient(address)
        let cut =
            Int.random(in: 0...2, using: &random) > 0 ? bytes.count : Int.random(in: 0..<bytes.count, using: &random)
        client.send(Array(bytes[..<cut]))
        if cut < bytes.count { client.send(Array(bytes[cut...])) }
        client.endSending()
        let reading = RequestReading(bytes)
        let text = String(decoding: bytes, as: UTF8.self).debugDescription
        let answers: [ResponseReading.Answer]
        do {
            answers = try ResponseReading.read(try client.receiveBytes(), to: reading)
        } catch RawClient.ClientError.reset
            where reading.isEndedEarly || (reading.hasMore && text.contains("/echo"))
        {
            // What comes behind a last request may find the connection closed. And an answer that had begun to send the
            // content back when that proved malformed can only be broken off.
            tally.refused += 1
            return true
        } catch {
            Issue.record("\(error) after \(text)")
            return false
        }
        let problem = Self.problem(answers, reading)
        #expect(problem == nil, "after \(text): \(reading) but \(answers)")
        tally.answers += answers.count
        if answers.count == reading.whole.count, !reading.hasMore { tally.wholly += 1 } else { tally.refused += 1 }
        return problem == nil
    }

    /// What is wrong with the answers, or nil.
    private static func problem(_ answers: [ResponseReading.Answer], _ reading: RequestReading) -> String? {
        if answers.count > reading.whole.count + (reading.hasMore ? 1 : 0) { return "more answers than requests" }
        if answers.count < reading.whole.count, answers.last?.keepsAlive != false {
            return "the connection ended without a word of it"
        }
        for (answer, request) in zip(answers, reading.whole) {
            guard answer.status == 200, request.method == .get, let user = request.user else { continue }
            if answer.body != Array("user \(user)".utf8) { return "the answer to another request" }
        }
        return nil
    }
}

import Apus
import ApusTesting
import Testing

@Suite("Lines and events of a streamed response", .timeLimit(.minutes(1)))
struct EventReadingTests {
    private func reading(_ text: String, pieces: Int, _ test: (TestStream) async throws -> Void) async throws {
        let app = Application()
        app.get("/") { _ in
            Response { writer in
                var rest = Array(text.utf8)[...]
                while !rest.isEmpty {
                    try await writer.write(Array(rest.prefix(pieces)))
                    rest = rest.dropFirst(pieces)
                    await Task.yield()
                }
            }
        }
        try await app.test { client in try await test(client.stream(.get, "/")) }
    }

    @Test("lines end with LF or CR LF, and the last one may have no end", arguments: [1, 2, 100])
    func lines(pieces: Int) async throws {
        try await reading("one\r\ntwo\n\nthree é", pieces: pieces) { stream async throws in
            var lines: [String] = []
            for try await line in stream.lines { lines.append(line) }
            #expect(lines == ["one", "two", "", "three é"])
        }
    }

    @Test("events are read as a browser reads them", arguments: [1, 7, 1000])
    func events(pieces: Int) async throws {
        let text = """
            : a comment

            retry: 1500
            data: first

            event: tick
            id: 7
            data:two
            data:  lines
            unknown: field

            data

            id: 8

            event: nothing

            data: last
            id

            data: cut off
            """
        try await reading(text, pieces: pieces) { stream async throws in
            var events = stream.events.makeAsyncIterator()
            #expect(try await events.next() == TestEvent(type: "message", data: "first", id: ""))
            #expect(events.retry == .milliseconds(1500) && events.comments == ["a comment"])
            #expect(try await events.next() == TestEvent(type: "tick", data: "two\n lines", id: "7"))
            #expect(try await events.next() == TestEvent(type: "message", data: "", id: "7"))
            #expect(try await events.next() == TestEvent(type: "message", data: "last", id: ""))
            #expect(try await events.next() == nil)
        }
    }
}

import Apus
import Testing

@Suite("What a Server-Sent Event looks like on the wire")
struct ServerEventTests {
    private func text(_ event: ServerEvent) -> String { String(decoding: event.bytes, as: UTF8.self) }

    @Test("has a line for each part, and an empty one at its end")
    func parts() {
        #expect(text(ServerEvent("hello")) == "data: hello\n\n")
        let all = ServerEvent("x", type: "tick", id: "7", retry: .milliseconds(1500))
        #expect(text(all) == "event: tick\nid: 7\nretry: 1500\ndata: x\n\n")
        #expect(text(ServerEvent("")) == "data: \n\n")
        #expect(text(.comment("still here")) == ": still here\n\n")
        #expect(text(.comment()) == ": \n\n")
        #expect(text(.retry(.seconds(3))) == "retry: 3000\n\n")
        #expect(text(ServerEvent("x", id: "")) == "id: \ndata: x\n\n")
    }

    @Test(
        "each line of the data is a line of its own, whatever ends it",
        arguments: [
            ("a\nb", ["a", "b"]), ("a\r\nb", ["a", "b"]), ("a\rb", ["a", "b"]), ("a\n", ["a", ""]),
            ("\n", ["", ""]), ("\r\n\r\n", ["", "", ""]), ("\n\r", ["", "", ""]), ("\r\r\n", ["", "", ""]),
            ("data: x\n\nevent: evil\n", ["data: x", "", "event: evil", ""]), (" a\n:b", [" a", ":b"]),
            ("é\u{2028}\u{85}\0", ["é\u{2028}\u{85}\0"]),
        ])
    func lines(data: String, lines: [String]) {
        #expect(text(ServerEvent(data)) == lines.map { "data: \($0)\n" }.joined() + "\n")
        #expect(text(.comment(data)) == lines.map { ": \($0)\n" }.joined() + "\n")
    }

    @Test("nothing in a type or an ID ends its line")
    func hostileNames() {
        let evil = ServerEvent("x", type: "a\r\ndata: evil", id: "1\n\ndata: evil\0\r")
        #expect(text(evil) == "event: a  data: evil\nid: 1  data: evil  \ndata: x\n\n")
    }

    @Test("a value becomes one line of JSON")
    func json() throws {
        struct Value: Encodable { var text: String, number: Int }
        let event = try ServerEvent.json(Value(text: "a\nb", number: 7), type: "value")
        #expect(text(event) == #"event: value\#ndata: {"number":7,"text":"a\nb"}\#n\#n"#)
    }
}

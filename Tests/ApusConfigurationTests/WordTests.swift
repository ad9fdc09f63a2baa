import Testing

@testable import ApusConfiguration

@Suite("Words that people write")
struct WordTests {
    @Test(
        "words are as far apart as slips of the finger",
        arguments: [("port", "port", 0), ("prot", "port", 1), ("por", "port", 1), ("", "abc", 3), ("abc", "xyz", 3)])
    func distances(first: String, second: String, distance: Int) {
        #expect(Spelling.distance(first, second) == distance)
        #expect(Spelling.distance(second, first) == distance)
    }

    @Test(
        "a word that is near enough to a known one is a slip, and so is the begin of one that is longer",
        arguments: [("prot", "port"), ("hots", "host"), ("po", "port"), ("connection", nil), ("x", nil)]
            as [(String, String?)])
    func nearest(word: String, meant: String?) {
        #expect(Spelling.nearest(to: word, among: ["port", "host", "driver"]) == meant)
    }

    @Test("a name from another program leads to its key, in the element of the list where it was written")
    func misnomers() {
        let misnomers = Misnomers(
            keys: [
                "limits.body": "maxbody clientmaxbodysize", "listeners[0].port": "serverport", "--workers": "workers",
            ],
            sections: ["log": "log.level"])
        #expect(misnomers.key("MAX_BODY") == "limits.body" && misnomers.key("client_max_body_size") == "limits.body")
        #expect(misnomers.key("serverPort") == "listeners[0].port")
        #expect(misnomers.key("serverPort", in: "listeners[2]") == "listeners[2].port")
        #expect(misnomers.key("serverPort", in: "files[2]") == nil && misnomers.key("maxBody", in: "limits") == nil)
        #expect(misnomers.key("nothing") == nil && misnomers.key("") == nil)
        #expect(misnomers.key(forValueOf: "log") == "log.level" && misnomers.key(forValueOf: "limits") == nil)
        #expect(Misnomers.variable(of: "listeners[0].redirectTo") == "APUS_LISTENERS_0_REDIRECT_TO")
        #expect(Misnomers.variable(of: "--workers") == "--workers")
    }
}

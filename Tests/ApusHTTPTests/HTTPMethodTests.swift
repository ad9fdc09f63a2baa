import ApusHTTP
import Testing

@Suite("Methods")
struct HTTPMethodTests {
    @Test(
        "which are safe and which idempotent is as RFC 9110, 9.2 has it; of others nothing is taken for granted",
        arguments: [
            ("GET", true, true), ("HEAD", true, true), ("OPTIONS", true, true), ("TRACE", true, true),
            ("PUT", false, true), ("DELETE", false, true), ("POST", false, false), ("PATCH", false, false),
            ("CONNECT", false, false), ("PURGE", false, false), ("get", false, false),
        ])
    func properties(name: String, isSafe: Bool, isIdempotent: Bool) throws {
        let method = try #require(HTTPMethod(rawValue: name))
        #expect(method.isSafe == isSafe && method.isIdempotent == isIdempotent)
    }
}

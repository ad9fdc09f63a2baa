import Testing

@testable import ApusConfiguration

@Suite("Paths of keys")
struct ConfigurationPathTests {
    @Test("a path is read as it is written, and nothing else is one")
    func paths() {
        for text in ["a", "a.b", "listeners[0].tls.hosts[12].names"] {
            #expect(ConfigurationPath(text)?.description == text)
        }
        for text in ["", ".", "a.", "a[", "a[x]", "a[-1]", "[0]", "a[0", "a[99999999999999999999]"] {
            #expect(ConfigurationPath(text) == nil, "\(text)")
        }
        #expect(ConfigurationPath.variableName(of: "requestID") == "REQUEST_ID")
        #expect(ConfigurationPath.variableName(of: "v6Only") == "V6_ONLY")
        #expect(ConfigurationPath.variableName(of: "http2") == "HTTP2")
    }
}

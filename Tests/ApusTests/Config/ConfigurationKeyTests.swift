import Testing

@testable import Apus

@Suite("The keys of a configuration")
struct ConfigurationKeyTests {
    @Test("every key has a variable of its own, which leads back to it")
    func variables() {
        let keys = Configuration.keys
        #expect(Set(keys.map(\.path)).count == keys.count && Set(keys.map(\.variable)).count == keys.count)
        for key in keys {
            let steps = Configuration.schema.steps(to: key.variable.dropFirst(5))
            let path = steps.map { ConfigurationPath($0).description }
            #expect(path == key.path.split(separator: "[]").joined(separator: "[0]"), "\(key.variable)")
        }
    }

    @Test("every key tells what it means, what it takes and what its default is")
    func documentation() {
        for key in Configuration.keys {
            #expect(!key.summary.isEmpty && !key.summary.hasSuffix(".") && !key.expected.isEmpty, "\(key.path)")
            #expect(key.summary.first?.isUppercase == true, "\(key.path)")
        }
        let body = Configuration.keys.first { $0.path == "limits.body" }
        #expect(body?.standard == .text("10MiB") && body?.variable == "APUS_LIMITS_BODY" && body?.isLive == true)
    }

    @Test("every value in force can be written in a file as it is shown, and is read the same")
    func roundTrip() throws {
        var configuration = Configuration(.production)
        configuration.limits.requestsPerConnection = 7
        configuration.limits.body = .max
        configuration.sockets.proxyProtocol = .trusted([AddressRange("10.0.0.0/8")!])
        configuration.compression?.levels = [.br: 3]
        let entries = configuration.entries.filter { $0.value != .masked }
        var again = Configuration()
        var report = ConfigurationReport(Configuration.keys)
        for entry in entries {
            let path = try #require(ConfigurationPath(entry.path))
            var node = ConfigurationNode(try JSON5Parser.parse(entry.value.description), file: "f")
            for step in path.steps.reversed() {
                switch step {
                case .name(let name):
                    let member = ConfigurationNode.Member(name: name, origin: .standard, node: node)
                    node = ConfigurationNode(.object([member]), .standard)
                case .index(let index): node = ConfigurationNode(.element(index, node), .standard)
                }
            }
            // A list of objects that is empty is shown as such, and written so.
            Configuration.schema.apply(node, to: &again, at: "", &report)
        }
        #expect(report.problems.map(\.description) == [])
        #expect(again.entries.map(\.value) == configuration.entries.map(\.value))
        #expect(again.limits.body == .max && again.limits.requestsPerConnection == 7)
    }

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

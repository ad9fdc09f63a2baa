import ApusConfiguration
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
        var report = Configuration.newReport
        for entry in entries {
            let text = "{ \"\(entry.path)\": \(entry.value) }"
            let layers = ConfigurationNode.layers(text, below: "", from: .flag("test"), &report)
            // A list of objects that is empty is shown as such, and written so.
            for layer in layers { Configuration.schema.apply(layer, to: &again, at: "", &report) }
        }
        #expect(report.problems.map(\.description) == [])
        #expect(again.entries.map(\.value) == configuration.entries.map(\.value))
        #expect(again.limits.body == .max && again.limits.requestsPerConnection == 7)
    }
}

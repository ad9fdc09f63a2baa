import Apus
import ApusRuntime
import Testing

@testable import ApusCLI

@Suite("The demo application")
struct DemoTests {
    private func configuration(_ line: String, environment: [String: String] = [:]) throws -> Configuration {
        try #require(parse(line).serve).configuration(environment: environment)
    }

    @Test("it has what a service in production has, unless the configuration says otherwise")
    func equipment() throws {
        let plain = try configuration("serve")
        #expect(plain.accessLog != nil && plain.requestID != nil && plain.securityHeaders != nil)
        #expect(plain.compression != nil && plain.metrics != nil && plain.health != nil)
        #expect(plain.cors == nil && plain.rateLimit == nil)
        let other = try configuration("serve --set accessLog=false", environment: ["APUS_METRICS": "off"])
        #expect(other.accessLog == nil && other.metrics == nil && other.requestID != nil)
        let folder = try configuration("serve /tmp")
        #expect(folder.accessLog == nil && folder.securityHeaders == nil)
        #expect(try configuration("serve --preset testing").accessLog == nil)
    }

    @Test("/plaintext and /async are bare, and /full has everything around it")
    func routes() throws {
        let application = try ServeCommand.application(try configuration("serve --set accessLog=false"))
        let routes = try application.routes().map(\.pattern.description)
        for path in [
            "/plaintext", "/async", "/full", "/metrics", "/health/live", "/health/ready", "/health/startup", "/",
            "/json",
        ] {
            #expect(routes.contains(path))
        }
        let full = try application.routes().first { $0.pattern.description == "/full" }
        #expect(full?.isSynchronous == true)
    }
}

import Apus
import ApusRuntime
import Glibc
import Testing

@testable import ApusArguments
@testable import ApusCLI

@Suite("Configuration on the command line")
struct ConfigCommandTests {
    /// A file that is removed with the test.
    private final class File {
        let path: String

        init(_ text: String) {
            var template = Array("/tmp/apus-cli-XXXXXX".utf8CString)
            let file = unsafe mkstemp(&template)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            var text = text
            text.withUTF8 { bytes in _ = unsafe write(file, bytes.baseAddress, bytes.count) }
            close(file)
        }

        deinit { _ = unsafe unlink(path) }
    }

    private func configuration(_ line: String, environment: [String: String] = [:]) throws -> Configuration {
        try #require(parse(line).serve).configuration(environment: environment)
    }

    private func text(_ line: String, environment: [String: String] = [:]) throws -> String {
        guard case .run(.config(let options)) = parse(line) else {
            Issue.record("\(line) is not apus config")
            return ""
        }
        return try ConfigCommand.text(options, environment: environment)
    }

    @Test("options are stronger than variables, and variables than the file")
    func layers() throws {
        let file = File("{ listeners: [{ port: 1, host: '::1' }], drainTimeout: '1s', loops: { count: 1 } }")
        let environment = ["APUS_LISTENERS_0_PORT": "2", "APUS_LOOPS_COUNT": "2"]
        let configuration = try configuration(
            "serve -c \(file.path) --port 3 --set log.level=error", environment: environment)
        #expect(configuration.listeners[0].port == 3 && configuration.listeners[0].host == "::1")
        #expect(configuration.loops.loops == 2 && configuration.drainTimeout == .seconds(1))
        #expect(configuration.log.level == .error)
        #expect(configuration.origin(of: "listeners[0].port") == .flag("--port"))
    }

    @Test("the TLS options add a listener beside the first, on its host")
    func tls() throws {
        let plain = try configuration("serve --host ::1 --tls-port 8443 --tls-self-signed --tls-redirect")
        #expect(plain.listeners.count == 2)
        #expect(plain.listeners[0].redirectTo == 8443)
        #expect(plain.listeners[1].host == "::1" && plain.listeners[1].port == 8443)
        #expect(plain.listeners[1].tls?.isSelfSigned == true)
        #expect(plain.origin(of: "listeners[1].port") == .flag("--tls-port"))
        let error = #expect(throws: ConfigurationError.self) {
            try configuration("serve --tls-port 8443 --tls-cert /nowhere.pem --tls-key /nowhere.key")
        }
        #expect(error?.problems.first?.origin == .flag("--tls-cert"))
    }

    @Test("a folder takes the place of those in the file")
    func folder() throws {
        let configuration = try configuration("serve /tmp", environment: ["APUS_FILES_0_FOLDER": "/etc"])
        #expect(configuration.files.map(\.folder) == ["/tmp"])
        #expect(configuration.files[0].options.showsListing)
        #expect(configuration.origin(of: "files[0].folder") == .flag("FOLDER"))
        #expect(throws: ConfigurationError.self) { try self.configuration("serve /nowhere/at/all") }
    }

    @Test("apus config shows values with their origins, and only what differs when asked to")
    func show() throws {
        let file = File("{\n  preset: 'production',\n  limits: { body: '64MiB' },\n}")
        let environment = ["APUS_LISTENERS_0_HOST": "::1"]
        let changed = try text("config --changed -c \(file.path) -p 80", environment: environment)
        let lines = changed.split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines.contains("preset \"production\" \(file.path):2:11"))
        #expect(lines.contains("limits.body \"64MiB\" \(file.path):3:19"))
        #expect(lines.contains("listeners[0].host \"::1\" APUS_LISTENERS_0_HOST"))
        #expect(lines.contains("listeners[0].port 80 --port"))
        #expect(lines.contains("drainTimeout \"30s\" preset production"))
        #expect(!changed.contains(" default"))
        let whole = try text("config", environment: [:])
        #expect(whole.split(separator: "\n").allSatisfy { $0.hasSuffix("default") })
        #expect(whole.split(separator: "\n").count > 70)
    }

    @Test("apus config prints JSON that is JSON, with secrets masked, and needs none of the files it names")
    func json() throws {
        struct Entry: Decodable {
            var origin: String
        }
        let environment = [
            "APUS_LISTENERS_0_TLS_CERTIFICATE": "/nowhere \"x\".pem", "APUS_LISTENERS_0_TLS_PASSPHRASE": "hunter2",
        ]
        let text = try text("config --json", environment: environment)
        #expect(!text.contains("hunter2") && text.contains("********"))
        #expect(text.contains(#""listeners[0].tls.certificate": {"value": "/nowhere \"x\".pem", "origin": "APUS_"#))
        #expect(try self.text("config --keys --json").contains(#""variable": "APUS_LIMITS_BODY""#))
    }

    @Test("apus config --keys tells what every key means")
    func keys() throws {
        let text = try text("config --keys")
        #expect(text.contains("limits.headTimeout\n    From a request's first byte"))
        #expect(text.contains("APUS_LISTENERS_0_TLS_PASSPHRASE; secret"))
    }

    @Test("apus check tells that a file is right without touching its port, and everything that is wrong otherwise")
    func check() throws {
        // A port that is taken, for the check would fail if it tried.
        let application = Application(ServerConfiguration(port: 0))
        let server = try application.start()
        defer { server.stopNow() }
        let port = try #require(server.address.port)
        let right = File("{ listeners: [{ port: \(port) }] }")
        let options = try #require(parse("serve --config \(right.path)").serve)
        #expect(try ServeCommand.check(options).hasPrefix("ok: \(right.path) is right: 1 listener, "))
        let wrong = File("{ limits: { body: 'x', foo: 1 } }")
        let error = #expect(throws: ConfigurationError.self) {
            try ServeCommand.check(try #require(parse("serve --config \(wrong.path)").serve))
        }
        #expect(error?.problems.count == 2)
    }
}

import ApusRuntime
import Testing

@testable import Apus

@Suite("The layers of a configuration")
struct ConfigurationLoadingTests {
    let folder = ConfigurationFolder()

    @Test("without anything there are the documented defaults, none of which is wrong")
    func defaults() throws {
        let configuration = try folder.load()
        #expect(configuration.listeners == [ListenerSettings()])
        #expect(configuration.limits.body == 10 << 20)
        #expect(configuration.entries.allSatisfy { $0.origin == .standard })
        for preset in ConfigurationPreset.allCases { #expect(try folder.load(preset: preset).preset == preset) }
    }

    @Test("a file sets what it names and leaves the rest")
    func file() throws {
        let configuration = try folder.load(
            """
            {
              // two addresses
              listeners: [{ host: '*', port: 80 }, { host: 'unix:/tmp/a.sock', name: 'admin' }],
              limits: { body: '64MiB', headTimeout: '5s', head: { fieldCount: 50 }, requestsPerConnection: 1000,
                http2: { enabled: false, peer: { resets: { burst: 10 } } } },
              sockets: { keepAlive: null, unixMode: '0660', proxyProtocol: ['10.0.0.0/8', '::1'],
                connections: { most: 1000, perAddress: 10, excess: 'pause' } },
              loops: { count: 2, driver: 'epoll', holdLimit: '1s' },
              compression: { codings: ['gzip'], levels: { gzip: 9 } },
              trailingSlash: 'strict', drainTimeout: '2m', log: { level: 'warning' }, takesOverSockets: false,
            }
            """)
        #expect(configuration.listeners.map(\.host) == ["*", "unix:/tmp/a.sock"])
        #expect(configuration.listeners.map(\.port) == [80, 8080])
        #expect(configuration.limits.body == 64 << 20 && configuration.limits.headTimeout == .seconds(5))
        #expect(configuration.limits.head.fieldCount == 50 && configuration.limits.head.fieldLine == 8192)
        #expect(configuration.limits.requestsPerConnection == 1000 && !configuration.limits.http2.isEnabled)
        #expect(configuration.limits.http2.peer.resets == HTTP2Rate(burst: 10, perSecond: 32))
        #expect(configuration.sockets.keepAlive == nil && configuration.sockets.unixMode == 0o660)
        #expect(configuration.sockets.deferAccept == .seconds(1))
        #expect(configuration.sockets.proxyProtocol == .trusted([AddressRange("10.0.0.0/8")!, AddressRange("::1")!]))
        #expect(configuration.sockets.admission.connectionsPerAddress == 10)
        #expect(configuration.loops.loops == 2 && configuration.loops.driver == .epoll)
        #expect(configuration.compression?.codings == [.gzip] && configuration.compression?.levels == [.gzip: 9])
        #expect(configuration.trailingSlash == .strict && configuration.drainTimeout == .seconds(120))
        #expect(configuration.log.level == .warning && !configuration.takesOverSockets)
    }

    @Test("each layer is stronger than the one before: preset, file, environment, flags")
    func order() throws {
        let file = "{ preset: 'production', drainTimeout: '3s', limits: { body: '1KiB', bodyTimeout: '1s' } }"
        let environment = ["APUS_LIMITS_BODY": "2KiB", "APUS_LIMITS_HEAD_TIMEOUT": "7s", "HOME": "/", "APUS": "x"]
        let flags = [ConfigurationFlag("--set", path: "limits.headTimeout", value: "8s")]
        let configuration = try folder.load(file, environment: environment, flags: flags)
        let name = folder.path + "/apus.json5"
        #expect(configuration.compression != nil && configuration.origin(of: "compression") == .preset(.production))
        #expect(configuration.drainTimeout == .seconds(3))
        #expect(configuration.origin(of: "drainTimeout") == .file(name, line: 1, column: 39))
        #expect(configuration.limits.body == 2048)
        #expect(configuration.origin(of: "limits.body") == .variable("APUS_LIMITS_BODY"))
        #expect(configuration.limits.headTimeout == .seconds(8))
        #expect(configuration.origin(of: "limits.headTimeout") == .flag("--set"))
        #expect(configuration.origin(of: "limits.idleTimeout") == .standard)
        #expect(configuration.origin(of: "preset") == .file(name, line: 1, column: 11))
    }

    @Test("the strongest layer that names a preset chooses it")
    func presets() throws {
        let file = "{ preset: 'production' }"
        #expect(try folder.load(file).drainTimeout == .seconds(30))
        let variable = ["APUS_PRESET": "testing"]
        #expect(try folder.load(file, environment: variable).listeners[0].port == 0)
        let development = try folder.load(file, preset: .development, environment: variable)
        #expect(development.log.level == .debug && development.preset == .development)
        #expect(development.compression == nil && development.listeners[0].port == 8080)
    }

    @Test("the file may be named by a variable, and what is passed is stronger")
    func variableFile() throws {
        let named = folder.write("{ drainTimeout: '1s' }", to: "named.json5")
        let passed = folder.write("{ drainTimeout: '2s' }", to: "passed.json5")
        #expect(try Configuration.load(environment: ["APUS_CONFIG": named]).drainTimeout == .seconds(1))
        #expect(try Configuration.load(file: passed, environment: ["APUS_CONFIG": named]).drainTimeout == .seconds(2))
        #expect(try Configuration.load(environment: ["APUS_CONFIG": ""]).drainTimeout == .seconds(10))
    }

    @Test("variables reach into lists, extend them in order, and may be lists or JSON5")
    func variables() throws {
        let file = "{ listeners: [{ port: 1 }, { port: 2, name: 'two' }] }"
        let allowed = Array((Processors.allowed ?? [0, 2, 3]).prefix(3))
        let pins = allowed.map(String.init).joined(separator: ", ")
        let extended = try folder.load(
            file,
            environment: [
                "APUS_LISTENERS_2_PORT": "3", "APUS_LISTENERS_1_PORT": "22", "APUS_LISTENERS_3_HOST": "::1",
                "APUS_LOOPS_PINNED_TO": pins, "APUS_SOCKETS_PROXY_PROTOCOL": "10.0.0.0/8,::1",
                "APUS_SOCKETS_KEEP_ALIVE": "off", "APUS_LOG_LEVEL": "error", "APUS_TAKES_OVER_SOCKETS": "no",
                "APUS_COMPRESSION_LEAST_BYTES": "10KiB", "APUS_LIMITS_HTTP2_MAX_CONCURRENT_STREAMS": "7",
            ])
        #expect(extended.listeners.map(\.port) == [1, 22, 3, 8080])
        #expect(extended.listeners.map(\.name) == [nil, "two", nil, nil] && extended.listeners[3].host == "::1")
        #expect(extended.loops.pinnedTo == allowed)
        #expect(extended.sockets.keepAlive == nil && !extended.takesOverSockets && extended.log.level == .error)
        #expect(extended.compression?.leastBytes == 10 << 10)
        #expect(extended.limits.http2.settings.maxConcurrentStreams == 7)
        let whole = try folder.load(file, environment: ["APUS_LISTENERS": "[{port: 9}]", "APUS_LISTENERS_0_HOST": "*"])
        #expect(whole.listeners.map(\.port) == [9] && whole.listeners[0].host == "*")
        let off = try folder.load("{ compression: true }", environment: ["APUS_COMPRESSION": "false"])
        #expect(off.compression == nil)
    }

    @Test("a list in a file takes the place of the whole list, and elements begin with the defaults")
    func lists() throws {
        let configuration = try folder.load("{ preset: 'testing', listeners: [{ host: '::1' }] }")
        #expect(configuration.listeners.map(\.port) == [8080])
        let listener = configuration.entries.first { $0.path == "listeners[0].host" }
        #expect(listener?.value == .text("::1"))
        #expect(listener?.origin == .file(folder.path + "/apus.json5", line: 1, column: 42))
    }

    @Test("the server gets what the configuration says")
    func server() throws {
        let server = try folder.load(
            """
            { listeners: [{ port: 80, redirectTo: 443 }, { host: '*', port: 443, tls: { selfSigned: true } }],
              loops: { pinnedTo: [0] }, drainTimeout: '4s', trailingSlash: 'ignore', log: { level: 'error' } }
            """
        ).serverConfiguration()
        #expect(server.listeners.map(\.name) == ["redirect", "https"])
        #expect(server.listeners[1].host == "*" && server.port == 80)
        #expect(server.loops.loops == 1 && server.drainTimeout == .seconds(4) && server.trailingSlash == .ignore)
        #expect(server.log.minimum == .error && server.loops.log.minimum == .error)
    }
}

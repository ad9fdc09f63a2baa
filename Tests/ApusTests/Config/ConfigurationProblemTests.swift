import ApusConfiguration
import ApusRuntime
import TestSupport
import Testing

@testable import Apus

@Suite("Mistakes in a configuration")
struct ConfigurationProblemTests {
    let folder = ConfigurationFolder()

    @Test("all of them are told at once, each with its place, its value and what was expected")
    func allAtOnce() {
        let mistakes = folder.mistakes(
            """
            {
              limits: { boddy: '1MiB', headTimeout: 10, idleTimeout: '10 apples', bodyTimeout: '400d' },
              listeners: [{ port: 70000 }, { prt: 1 }],
              loops: { driver: 'epol', pinnedTo: [0, 'x'] },
              logs: {},
            }
            """,
            environment: ["APUS_LIMITS_BODY": "many", "APUS_LIMITS_BODDY": "1", "APUS_LISTENERS_9_PORT": "1"],
            flags: [
                ConfigurationFlag("--port", path: "listeners[0].port", value: "x"),
                ConfigurationFlag("--set", path: "trailingSlash", value: "ignored"),
                ConfigurationFlag("--set", path: "a..b", value: "1"),
            ])
        #expect(
            mistakes == [
                "APUS_LIMITS_BODDY: there is no such variable; did you mean APUS_LIMITS_BODY?",
                "--set: a..b: this is no key: write one such as limits.body",
                "apus.json5:2:13: limits.boddy: there is no such key; did you mean limits.body?",
                "apus.json5:2:41: limits.headTimeout is 10: expected a time such as 30s, 500ms or 2m, from 1ms to 7d",
                "apus.json5:2:58: limits.idleTimeout is \"10 apples\": expected a time such as 30s, 500ms or 2m, "
                    + "from 1ms to 7d",
                "apus.json5:2:84: limits.bodyTimeout is \"400d\": expected a time such as 30s, 500ms or 2m, from 1ms to 7d",
                "apus.json5:3:23: listeners[0].port is 70000: expected a whole number from 0 to 65535",
                "apus.json5:3:34: listeners[1].prt: there is no such key; did you mean listeners[1].port?",
                "apus.json5:4:20: loops.driver is \"epol\": expected auto, epoll or uring; did you mean epoll?",
                "apus.json5:4:42: loops.pinnedTo[1] is \"x\": expected a whole number from 0 to 4095",
                "apus.json5:5:3: logs: there is no such key; did you mean log?",
                "APUS_LIMITS_BODY: limits.body is \"many\": expected a size such as 64KiB or 10MiB, or null (unlimited)",
                "APUS_LISTENERS_9_PORT: listeners[9]: there are only 2: the next is number 2",
                "--port: listeners[0].port is \"x\": expected a whole number from 0 to 65535",
                "--set: trailingSlash is \"ignored\": expected strict, redirect or ignore; did you mean ignore?",
            ])
    }

    @Test(
        "what contradicts itself across keys is found",
        arguments: [
            (
                "{ listeners: [{ port: 80, redirectTo: 443 }] }",
                "listeners[0].redirectTo is 443: no listener speaks TLS"
            ),
            ("{ listeners: [] }", "1 to 255 listeners"),
            ("{ listeners: [{ port: 5 }, { port: 5 }] }", "listeners[1].port is 5: listeners[0] is there already"),
            ("{ listeners: [{ host: 'unix:/a' }, { host: 'unix:/a' }] }", "listeners[1].host"),
            ("{ listeners: [{ host: 'unix:' }] }", "the path is missing"),
            ("{ listeners: [{ port: 0, name: 'a' }, { port: 0, name: 'a' }] }", "has that name already"),
            ("{ listeners: [{ tls: true }] }", "listeners[0].tls.certificate: TLS needs one"),
            ("{ listeners: [{ redirectTo: 1, tls: { selfSigned: true } }] }", "remove redirectTo or tls"),
            ("{ listeners: [{ tls: { key: 'a' } }] }", "a certificate is missing"),
            ("{ listeners: [{ tls: { selfSigned: true, certificate: 'a' } }] }", "keep one of them"),
            ("{ listeners: [{ tls: { selfSigned: true, clients: 'required' } }] }", "give authorities"),
            ("{ listeners: [{ tls: { selfSigned: true, authorities: ['a'] } }] }", "set clients to"),
            ("{ listeners: [{ tls: { hosts: [{ names: ['a'] }] } }] }", "tls.hosts[0].identities: a host needs"),
            (
                "{ listeners: [{ tls: { selfSigned: true, earlyDataLimit: '1KiB', handshakesOffLoops: true } }] }",
                "on the loops only"
            ),
            (
                "{ listeners: [{ tls: { selfSigned: true, earlyDataLimit: 1, resumption: { cachedSessions: 0 } } }] }",
                "resumption.cachedSessions"
            ),
            ("{ loops: { count: 2, pinnedTo: [0] } }", "loops.count is 2: each loop needs a processor"),
            ("{ loops: { pinnedTo: [1, 1] } }", "named twice"), ("{ loops: { pinnedTo: [] } }", "write null"),
            ("{ limits: { head: { fieldSection: 100 } } }", "limits.head.fieldLine is \"8KiB\""),
            ("{ limits: { http2: { enabled: false, pingInterval: '1s' } } }", "HTTP/2 is off"),
            ("{ sockets: { connections: { most: 5, perAddress: 6 } } }", "more than all together"),
            ("{ compression: { codings: [] } }", "turn compression off"),
            ("{ cors: true }", "nobody may call"),
            ("{ cors: { origins: ['*'], credentials: true } }", "cors.origins is [\"*\"]: credentials for any origin"),
            ("{ cors: { origins: ['example.com'] } }", "is no origin"),
            ("{ trustedProxies: { unixSockets: false } }", "name the proxies"),
            ("{ addresses: { allowed: [], unixSockets: false } }", "nobody would be let in"),
            ("{ requestID: { acceptsNames: 'trustedProxies' } }", "set trustedProxies"),
            ("{ adaptiveLimit: { lowest: 50, highest: 40 } }", "adaptiveLimit.lowest is 50: above highest, 40"),
            (
                "{ adaptiveLimit: { highest: 10 } }",
                "adaptiveLimit.initial is 20: not between lowest, 4, and highest, 10"
            ),
            ("{ rateLimit: { algorithm: 'slidingWindow', burst: 5 } }", "rateLimit.burst is 5: a sliding window"),
            ("{ securityHeaders: { strictTransport: { preloads: true, duration: '1d' } } }", "wants sub-domains"),
            ("{ files: [{}] }", "files[0].folder: it is missing"),
            ("{ files: [{ folder: '/', path: '/a' }] }", "ends in /**"),
            ("{ files: [{ folder: '/nowhere/at/all' }] }", "there is no such folder"),
            ("{ files: [{ folder: '/etc/passwd' }] }", "this is no folder"),
            ("{ files: [{ folder: '/', largestCached: '8MiB' }] }", "raise cacheRoom"),
        ])
    func contradictions(text: String, says: String) {
        let mistakes = folder.mistakes(text)
        #expect(mistakes.count == 1 && mistakes[0].contains(says), "\(mistakes)")
    }

    @Test(
        "a contradiction is told beside other mistakes, unless it may be nothing but what follows from one of them",
        arguments: [
            ("{ adaptiveLimit: { lowest: 50, highest: 40, tolerance: 1 } }", ["tolerance", "lowest"]),
            ("{ adaptiveLimit: { lowest: 20000, highest: 'many' } }", ["highest"]),
            ("{ adaptiveLimit: { lowest: 20000, higest: 30000 } }", ["higest"]),
            ("{ adaptiveLimit: { lowest: 50, highest: 40, foo: 1 } }", ["foo", "lowest"]),
            ("{ cors: { origin: ['https://a.example'] } }", ["origin"]),
            ("{ cors: { origins: ['a'], maxAge: 'long' } }", ["maxAge", "origins"]),
            ("{ listeners: [{ tls: { certificate: 5 } }] }", ["certificate"]),
            ("{ listeners: [{ tls: { identities: [{ certificate: 5 }] } }] }", ["certificate"]),
            ("{ listeners: [{ tls: { identities: [{ certificat: 'a' }] } }] }", ["certificat"]),
            (
                "{ listeners: [{ tls: { selfSigned: true, clients: 'required', earlyDataLimit: 'x' } }] }",
                ["earlyDataLimit", "clients"]
            ),
            ("{ listeners: [{ port: 1, tls: 5 }, { port: 2, redirectTo: 1 }] }", ["tls"]),
            ("{ listeners: [{ port: 1, tls: {} }, { port: 2, redirectTo: 3 }] }", ["certificate", "redirectTo"]),
            ("{ listeners: [{ port: 'x' }, {}] }", ["port"]),
            ("{ listeners: [{ name: 5 }, {}] }", ["name", "port"]),
            (
                "{ files: [{ folder: '/nowhere', index: 5, largestCached: '8MiB' }] }",
                ["index", "largestCached", "folder"]
            ),
            ("{ rateLimit: { algorithm: 'slidingWindow', burst: 5, window: 'x' } }", ["window", "burst"]),
        ])
    func besideOthers(text: String, keys: [String]) {
        let mistakes = folder.mistakes(text)
        #expect(mistakes.count == keys.count, "\(mistakes)")
        for (mistake, key) in zip(mistakes, keys) {
            #expect(mistake.contains(".\(key) is ") || mistake.contains(".\(key): "), "\(mistake)")
        }
    }

    @Test("names that a terminal would heed are shown as text")
    func unprintable() {
        let mistakes = folder.mistakes(
            "{ '\\u001b[31m': 1, limits: { '\\u009b2J': 2 } }", environment: ["APUS_\u{1B}]0;x\u{7}": "1"])
        #expect(
            mistakes == [
                "APUS_\\u001b]0;x\\u0007: there is no such variable",
                "apus.json5:1:3: \\u001b[31m: there is no such key",
                "apus.json5:1:30: limits.\\u009b2J: there is no such key",
            ], "\(mistakes)")
    }

    @Test("of a file that can't be read nothing is said to contradict itself")
    func unreadableContradictsNothing() {
        let mistakes = folder.mistakes("{ a: }", environment: ["APUS_SESSIONS_STORE": "redis"])
        #expect(mistakes.count == 1 && mistakes[0].contains("is no value"), "\(mistakes)")
    }

    @Test(
        "a value of the wrong kind is told with the kind that it should be",
        arguments: [
            ("[]", "expected an object"), ("{ limits: 5 }", "limits is 5: expected an object"),
            ("{ listeners: {} }", "listeners is an object: expected a list of objects"),
            ("{ listeners: [5] }", "listeners[0] is 5: expected an object"),
            ("{ compression: 5 }", "compression is 5: expected true, false, or an object"),
            ("{ limits: { body: null } }", ""), ("{ limits: { body: -1 } }", "limits.body is -1"),
            ("{ limits: { body: 1.5 } }", "limits.body is 1.5"),
            ("{ limits: { body: {} } }", "limits.body is an object"),
            ("{ limits: { allowsHalfClose: 'yes' } }", "expected true or false"),
            ("{ sockets: { unixMode: 660 } }", "in quotes, such as \"0660\""),
            ("{ sockets: { unixMode: '0999' } }", "octal"),
            ("{ sockets: { proxyProtocol: 'on' } }", "expected off, required, or a list"),
            ("{ sockets: { proxyProtocol: ['10.0.0.1/8'] } }", "proxyProtocol[0] is \"10.0.0.1/8\""),
            ("{ listeners: [{ name: '' }] }", "listeners[0].name is \"\": expected a name"),
            ("{ listeners: [{ host: 'a\\nb' }] }", "listeners[0].host is \"a\\nb\""),
            ("{ files: [{ folder: '/', cacheControl: 'a\\r\\nX: b' }] }", "cacheControl is \"a\\u000d\\nX: b\""),
            ("{ adaptiveLimit: { tolerance: 1 } }", "from 1.01 to 100"),
            ("{ adaptiveLimit: { smoothing: 0 } }", "from 0.01 to 1"),
            ("{ rateLimit: { limit: 0 } }", "from 1 to 1000000"),
            ("{ metrics: { path: 'x' } }", "a path such as /metrics"),
            ("{ requestID: { field: 'a b' } }", "a field's name"),
            ("{ cors: { origins: ['*'], methods: ['G T'] } }", "cors.methods[0]"),
            ("{ securityHeaders: { referrerPolicy: 'orign' } }", "did you mean origin?"),
            ("{ securityHeaders: { contentSecurityPolicy: 'a\\nb' } }", "without line ends"),
            ("{ accessLog: { to: '' } }", "stdout, stderr or a file"),
            ("{ accessLog: { sampling: 2 } }", "from 0 to 1"),
            ("{ compression: { levels: { gzip: 99 } } }", "a whole number from 1 to 9"),
            ("{ compression: { codings: ['gzp'] } }", "did you mean gzip?"),
            ("{ limits: { http2: { settings: {} } } }", "limits.http2.settings: there is no such key"),
            ("{ bodyTimeout: '1s' }", "did you mean limits.bodyTimeout?"),
        ])
    func kinds(text: String, says: String) {
        let mistakes = folder.mistakes(text)
        if says.isEmpty {
            #expect(mistakes == [])
        } else {
            #expect(mistakes.count == 1 && mistakes[0].contains(says), "\(mistakes)")
        }
    }

    @Test(
        "a name from other servers is answered with the key that does what it means",
        arguments: [
            ("{ port: 80 }", "port: there is no such key; did you mean listeners[0].port?"),
            ("{ host: '::' }", "did you mean listeners[0].host?"),
            ("{ address: '::' }", "did you mean listeners[0].host?"),
            ("{ tls: true }", "did you mean listeners[0].tls?"),
            ("{ cert: 'a.pem' }", "did you mean listeners[0].tls.certificate?"),
            ("{ tls_key: 'a.pem' }", "did you mean listeners[0].tls.key?"),
            ("{ threads: 4 }", "did you mean loops.count?"), ("{ workers: 4 }", "did you mean --workers?"),
            ("{ keepAliveTimeout: '5s' }", "did you mean limits.idleTimeout?"),
            ("{ logLevel: 'debug' }", "did you mean log.level?"),
            ("{ maxBodySize: '1MiB' }", "did you mean limits.body?"),
            ("{ listeners: [{}, { port: 1, cert: 'a.pem' }] }", "did you mean listeners[1].tls.certificate?"),
            ("{ listeners: 8080 }", "did you mean listeners[0].port?"),
            ("{ log: 'debug' }", "did you mean log.level?"),
            ("{ timeout: '5s' }", "did you mean timeout.limit?"),
        ])
    func misnomers(text: String, says: String) {
        let mistakes = folder.mistakes(text)
        #expect(mistakes.count == 1 && mistakes[0].hasSuffix(says), "\(mistakes)")
    }

    @Test(
        "so is a variable, with the variable",
        arguments: [
            ("APUS_PORT", "there is no such variable; did you mean APUS_LISTENERS_0_PORT?"),
            ("APUS_HOST", "did you mean APUS_LISTENERS_0_HOST?"),
            ("APUS_TLS_CERT", "did you mean APUS_LISTENERS_0_TLS_CERTIFICATE?"),
            ("APUS_THREADS", "did you mean APUS_LOOPS_COUNT?"), ("APUS_WORKERS", "did you mean --workers?"),
            ("APUS_LOG", "did you mean APUS_LOG_LEVEL?"),
        ])
    func misnomersInVariables(name: String, says: String) {
        let mistakes = folder.mistakes(environment: [name: "1"])
        #expect(mistakes.count == 1 && mistakes[0].hasPrefix(name) && mistakes[0].hasSuffix(says), "\(mistakes)")
    }

    @Test("every key that such a name is answered with is there, and no name is a key itself")
    func misnomersLeadSomewhere() {
        let known = Set(Configuration.keys.map(\.path))
        for (name, key) in Configuration.misnomers.keys where !key.hasPrefix("--") {
            let path = key.replacing("[0]", with: "[]")
            #expect(known.contains(path), "\(name) → \(key)")
        }
        for section in Configuration.keys.compactMap({ $0.path.split(separator: ".").first }) {
            guard let key = Configuration.misnomers.key(forValueOf: String(section.replacing("[]", with: ""))) else {
                continue
            }
            #expect(known.contains(key.replacing("[0]", with: "[]")), "\(section) → \(key)")
        }
        #expect(known.filter { Configuration.misnomers.key($0) != nil && !$0.contains(".") } == [])
    }

    @Test("processors that are not there are a mistake, told with those that are, unless nobody looks at the machine")
    func missingProcessor() throws {
        guard let allowed = Processors.allowed else { return }
        let missing = try #require((0...1024).first { !allowed.contains($0) })
        let mistakes = folder.mistakes("{ loops: { pinnedTo: [\(missing)] } }")
        let there = Processors.list(allowed)
        #expect(
            mistakes == [
                "apus.json5:1:22: loops.pinnedTo is [\(missing)]: this process may not run on processor \(missing): "
                    + "choose among \(there)"
            ])
        let flag = ConfigurationFlag("--pin", path: "loops.pinnedTo", value: "\(missing)")
        _ = try Configuration.load(environment: [:], flags: [flag], checksFiles: false)
    }

    @Test("a file that can't be read, or is no JSON5, is one mistake among the others")
    func unreadable() {
        let missing = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: "/nowhere.json5", environment: ["APUS_PORT": "1"])
        }
        #expect(missing?.problems.map(\.kind) == [.syntax, .unknownKey])
        #expect(missing?.description.contains("/nowhere.json5:1:1: the file can't be read") == true)
        let mistakes = folder.mistakes("{ a: }", environment: ["APUS_LIMITS_BODY": "x"])
        #expect(mistakes.count == 2 && mistakes[0].hasPrefix("apus.json5:1:6: \"}\" is no value"))
        #expect(folder.mistakes(environment: ["APUS_LISTENERS": "[{]"]).first?.contains("column 3") == true)
    }

    @Test("a secret is never shown, neither in force nor in a mistake")
    func secrets() throws {
        let mistakes = folder.mistakes(
            "{ listeners: [{ tls: { certificate: '/nowhere.pem', passphrase: 5555 } }] }",
            environment: ["APUS_LISTENERS_0_TLS_IDENTITIES": "[{certificate:'a', passphrase: ['hunter2']}]"])
        #expect(mistakes.count { $0.contains("passphrase is a secret") } == 2, "\(mistakes)")
        #expect(!mistakes.contains { $0.contains("5555") || $0.contains("hunter2") })
        let configuration = try Configuration.load(
            environment: ["APUS_LISTENERS_0_TLS_CERTIFICATE": "/c.pem", "APUS_LISTENERS_0_TLS_PASSPHRASE": "hunter2"],
            checksFiles: false)
        #expect(configuration.listeners[0].tls?.identity.passphrase == "hunter2")
        let entry = configuration.entries.first { $0.path == "listeners[0].tls.passphrase" }
        #expect(entry?.value == .masked && entry?.origin == .variable("APUS_LISTENERS_0_TLS_PASSPHRASE"))
        #expect(!configuration.entries.contains { $0.value.description.contains("hunter2") })
    }

    @Test("what is wrong with certificates is told by the keys of the file")
    func certificates() {
        let bad = folder.write("no certificate", to: "bad.pem")
        let mistakes = folder.mistakes(
            """
            { listeners: [{ port: 1, tls: { certificate: '/nowhere.pem', key: '/nowhere.key',
                identities: [{ certificate: '\(bad)' }] } },
              { port: 2, tls: { hosts: [{ names: ['a..b'], identities: [{ pkcs12: '/nowhere.p12' }] }], clients: 'optional',
                authorities: ['/nowhere.ca'] } }] }
            """)
        for (place, path) in [
            ("1:46", "listeners[0].tls.certificate"), ("2:33", "listeners[0].tls.identities[0].certificate"),
            ("3:71", "listeners[1].tls.hosts[0].identities[0].pkcs12"), ("4:18", "listeners[1].tls.authorities[0]"),
        ] {
            #expect(mistakes.contains { $0.hasPrefix("apus.json5:\(place): \(path) is \"") }, "\(path): \(mistakes)")
        }
    }

    @Test("a mutated file is read or refused, and never anything else")
    func mutations() {
        let original = Array(
            "{preset:'production',listeners:[{port:80,tls:{selfSigned:true}}],limits:{body:'1MiB'},loops:{count:2}}"
                .utf8)
        var random = SeededRandom(seed: 0xC0F)
        var accepted = 0
        for _ in 0..<3000 {
            let bytes = Mutation.of(original, &random)
            guard let node = try? ConfigurationNode.layer(bytes, ofFile: "f") else { continue }
            var configuration = Configuration()
            var report = Configuration.newReport
            Configuration.schema.apply(node, to: &configuration, at: "", &report)
            Configuration.schema.check(configuration, at: "", &report)
            if report.problems.isEmpty { accepted += 1 }
            for problem in report.problems {
                #expect(problem.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "\(problem)")
            }
        }
        #expect(accepted > 10 && accepted < 2500, "\(accepted)")
    }
}

import Apus
import ApusLoad
import ApusRuntime
import Testing

@testable import ApusArguments
@testable import ApusCLI

@Suite("The command line")
struct InvocationTests {
    @Test("without options, serve has its defaults")
    func serveDefaults() {
        let options = parse("serve").serve
        #expect(options == ServeOptions())
        #expect(options?.flags == [] && options?.file == nil && options?.folder == nil && options?.tls == nil)
    }

    @Test(
        "an option is written in any of these ways",
        arguments: [
            "serve --port 3000", "serve --port=3000", "serve -p 3000", "serve -p3000", "serve -p=3000",
            "serve --port 3000 --", "serve --loops 2 --port 3000",
        ])
    func spellings(line: String) {
        #expect(parse(line).serve?.value("listeners[0].port") == "3000")
    }

    @Test("serve takes a folder and all its options, in any order")
    func serve() {
        var expected = ServeOptions()
        expected.folder = "public"
        expected.host = "::"
        expected.flags = [
            ConfigurationFlag("--host", path: "listeners[0].host", value: "::"),
            ConfigurationFlag("--port", path: "listeners[0].port", value: "0"),
            ConfigurationFlag("--loops", path: "loops.count", value: "3"),
            ConfigurationFlag("--pin", path: "loops.pinnedTo", value: "0,2,3"),
            ConfigurationFlag("--driver", path: "loops.driver", value: "uring"),
        ]
        #expect(parse("serve --host :: -p 0 public --loops 3 --pin 0,2-3 --driver uring") == .run(.serve(expected)))
        #expect(parse("check public --host=:: -p0 -l3 --pin=0,2-3 --driver=uring") == .run(.check(expected)))
    }

    @Test("behind -- an argument that looks like an option is none")
    func terminator() {
        #expect(parse("serve -p 1 -- --port").serve?.folder == "--port")
        #expect(parse("serve -- -p").serve?.flags == [])
        #expect(parse("serve -").serve?.folder == "-")
    }

    @Test("bench takes its URL and all its options")
    func bench() throws {
        let line = """
            bench http://h:1/p?q -c 8 --pipeline 16 --duration 2m --rate 5000 --threads 2 -m PUT --body @in.json \
            --timeout 1.5s --json
            """
        let arguments = line.split(separator: " ").map(String.init) + ["-H", "A: b", "--header=C:d: e"]
        let options = try #require(parse(arguments).bench)
        #expect(options.url.authority == "h:1")
        #expect(options.url.target == "/p?q")
        #expect(options.connections == 8)
        #expect(options.pipeline == 16)
        #expect(options.extent == .duration(.seconds(120)))
        #expect(options.rate == 5000)
        #expect(options.loops == 2)
        #expect(options.method == "PUT")
        #expect(options.headers.map(\.name) == ["A", "C"])
        #expect(options.headers.map(\.value) == ["b", "d: e"])
        #expect(options.body == .file("in.json"))
        #expect(options.timeout == .milliseconds(1500))
        #expect(options.json)
    }

    @Test("bench speaks HTTP/2 and TLS when asked to, and believes whom it is told to")
    func benchProtocols() throws {
        let plain = try #require(parse("bench https://h/").bench)
        #expect(plain.url.scheme == .https && plain.url.port == 443 && plain.url.text == "https://h/")
        #expect(!plain.http2 && plain.streams == 1 && plain.trust == .system)
        let many = try #require(parse("bench https://h:8443/p --h2 --streams 32 -k").bench)
        #expect(many.http2 && many.streams == 32 && many.trust == .anyone)
        #expect(parse("bench https://h --ca ca.pem").bench?.trust == .authorities("ca.pem"))
        #expect(parse("bench h --h2").bench?.http2 == true)
        #expect(parse("bench h -H Upgrade:a").bench?.headers.count == 1)
    }

    @Test("all that is wrong with the protocols is told at once")
    func benchProtocolMistakes() {
        let mistakes = parse("bench http://h --streams 3 -k --ca a").mistakes
        #expect(mistakes.count == 4, "\(mistakes)")
    }

    @Test("bench asks with GET, or POST when there is a body, for ten seconds or a number of requests")
    func benchDefaults() {
        let plain = parse("bench http://h").bench
        #expect(plain?.method == "GET")
        #expect(plain?.extent == .duration(.seconds(10)))
        #expect(plain?.rate == nil)
        let posting = parse("bench h --body @- -n 1000").bench
        #expect(posting?.method == "POST")
        #expect(posting?.body == .standardInput)
        #expect(posting?.extent == .requests(1000))
    }

    @Test("routes takes --json")
    func routes() {
        #expect(parse("routes") == .run(.routes(RoutesOptions())))
        var json = RoutesOptions()
        json.json = true
        #expect(parse("routes -j") == .run(.routes(json)))
    }

    @Test(
        "the version is shown wherever it is asked for", arguments: ["--version", "-V", "serve --version", "bench -V"])
    func version(line: String) {
        #expect(parse(line) == .show("apus 1.2.3\n"))
    }
}

@Suite("Mistakes on the command line")
struct MistakeTests {
    @Test("all mistakes are told at once")
    func allAtOnce() {
        let mistakes = parse("serve a b --port 99999 --lops 2 --pin 3-1 --driver epol --host").mistakes
        #expect(
            mistakes == [
                "unknown option --lops; did you mean --loops?", "--host needs a value; write --host H",
                "\"b\" is one argument too many; quote an argument that contains spaces",
                "--port \"99999\": expected a number from 0 to 65535, such as 8080",
                "--pin \"3-1\": expected processor numbers and ranges, none twice, such as 0,2-3",
                "--driver \"epol\": expected auto, epoll or uring, such as auto",
            ])
    }

    @Test(
        "a mistake is told with what to do",
        arguments: [
            ("serve --prot 1", "did you mean --port?"), ("serve -port 1", "did you mean --port?"),
            ("bench u --conections 3", "did you mean --connections?"),
            ("bench u --conn 3", "did you mean --connections?"),
            ("bench u --thread 3", "did you mean --threads?"), ("serve --port", "write --port N"),
            ("serve --host --port 1", "--host needs a value"), ("serve --host -p 1", "--host needs a value"),
            ("serve --port -1", "from 0 to 65535"), ("serve -p 1 --port 2", "given more than once"),
            ("serve --loops 0", "from 1 to 1024"), ("serve --loops 2 --pin 0", "name 2 processors"),
            ("routes --json=yes", "takes no value"), ("routes x", "one argument too many"),
            ("bench", "URL is missing"), ("bench ftp://h", "expected an address"),
            ("bench h -d 10", "10s or 500ms"), ("bench h -d 1s -n 5", "keep one"),
            ("bench h -m GE;T", "a request method"), ("bench h -H nocolon", "'Accept: text/html'"),
            ("bench h --streams 4", "add --h2"), ("bench h --h2 --pipeline 4", "use --streams N"),
            ("bench h --h2 --streams 0", "from 1 to 1024"), ("bench http://h -k", "write https://"),
            ("bench h --ca ca.pem", "write https://"), ("bench https://h --ca", "write --ca FILE"),
            ("bench https://h --ca a -k", "keep one"), ("bench h --h2 -H Upgrade:a", "HTTP/2 has no such field"),
            ("bench h -H Content-Length:3", "leave this field out"), ("bench h --body @", "@- for standard input"),
            ("serve --preset prod", "development, production or testing"),
            ("serve --set limits.body", "limits.body=64MiB"),
            ("serve --config", "write --config FILE"), ("config --key", "did you mean --keys?"),
            ("sevre", "did you mean serve?"), ("./public", "apus serve ./public"),
            ("xyzzy", "serve, restart, routes, check, config, bench, top"),
            ("top http://h:1/api", "leave out /api"),
            ("--port 80", "apus COMMAND --port"), ("help sevre", "did you mean serve?"),
        ])
    func advice(line: String, advice: String) {
        let mistakes = parse(line).mistakes
        #expect(mistakes.contains { $0.contains(advice) }, "\(mistakes)")
    }

    @Test("an argument that resembles nothing gets no guess")
    func noGuess() {
        #expect(parse("serve --zzzzzz").mistakes == ["unknown option --zzzzzz"])
    }

    @Test("the message names the command, and where to read more")
    func message() {
        guard case .failure(let error) = parse("serve --port x") else {
            Issue.record("no failure")
            return
        }
        #expect(
            error.description == """
                apus serve: --port "x": expected a number from 0 to 65535, such as 8080
                See apus serve --help.

                """)
        #expect(ExitCode.usage.rawValue == 2)
    }

    @Test("a field with a line break in it is refused")
    func headerInjection() {
        #expect(parse(["bench", "h", "-H", "A: b\r\nC: d"]).mistakes.count == 1)
        #expect(parse(["bench", "http://h/a b"]).mistakes.count == 1)
        #expect(parse(["bench", "http://h/\r\nX: y"]).mistakes.count == 1)
    }
}

@Suite("The TLS options of serve")
struct TLSOptionsTests {
    @Test("a port and a certificate are enough, of files or self-signed")
    func valid() {
        #expect(
            parse("serve --tls-port 8443 --tls-self-signed").serve?.tls
                == TLSOptions(port: 8443, certificate: .selfSigned))
        #expect(
            parse("serve --tls-port 1 --tls-cert a.pem --tls-key b.pem --tls-redirect").serve?.tls
                == TLSOptions(port: 1, certificate: .files(chain: "a.pem", key: "b.pem"), redirects: true))
        #expect(
            parse("check --tls-port 1 --tls-cert both.pem") == parse("check --tls-cert=both.pem --tls-port=1"))
        #expect(parse("serve").serve?.tls == nil)
    }

    @Test(
        "what is missing or contradicts itself is said, all at once",
        arguments: [
            ("serve --tls-self-signed", "--tls-port"), ("serve --tls-port 1", "--tls-cert FILE"),
            ("serve --tls-port 1 --tls-key k", "--tls-cert FILE"),
            ("serve --tls-port 1 --tls-self-signed --tls-cert a", "leave out"),
            ("serve --tls-redirect", "--tls-port"),
            ("serve --tls-port 0 --tls-self-signed --tls-redirect", "instead of 0"),
            ("serve --tls-port 70000 --tls-self-signed", "65535"),
        ])
    func invalid(line: String, says: String) throws {
        guard case .failure(let error) = parse(line) else {
            Issue.record("\(line) was accepted")
            return
        }
        #expect(error.description.contains(says))
    }
}

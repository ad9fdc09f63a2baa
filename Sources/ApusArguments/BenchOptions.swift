import ApusLoad

extension BenchOptions {
    /// Nil without a URL that can be asked; `scanned` gains a mistake for each value that cannot be.
    init?(_ scanned: inout ScannedArguments) {
        let text = scanned.operands.first
        let url = text.flatMap { BenchURL($0) }
        if let text, url == nil {
            scanned.mistakes.append(
                "\"\(text)\": expected an address, such as http://127.0.0.1:8080/plaintext")
        }
        // The other options are read even without a URL, for the mistakes in them.
        self.init(url: url ?? BenchURL("http://localhost")!)
        readLoad(&scanned)
        readProtocol(&scanned)
        readTrust(&scanned, scheme: url?.scheme)
        readRequest(&scanned)
        json = scanned.has(.json)
        if url == nil { return nil }
    }

    private mutating func readLoad(_ scanned: inout ScannedArguments) {
        if let connections = scanned.value(.connections, .number(in: 1...1_000_000, example: 64)) {
            self.connections = connections
        }
        if let pipeline = scanned.value(.pipeline, .number(in: 1...1024, example: 16)) { self.pipeline = pipeline }
        rate = scanned.value(.rate, .number(in: 1...1_000_000_000, example: 50_000))
        loops = scanned.value(.benchLoops, .number(in: 1...1024, example: 1))
        if let timeout = scanned.value(.timeout, .duration) { self.timeout = timeout }
        if let duration = scanned.value(.duration, .duration) { extent = .duration(duration) }
        if let requests = scanned.value(.requests, .number(in: 1...1_000_000_000_000, example: 100_000)) {
            extent = .requests(requests)
        }
        if scanned.has(.duration), scanned.has(.requests) {
            scanned.mistakes.append("--duration and --requests both say when to end; keep one")
        }
    }

    private mutating func readProtocol(_ scanned: inout ScannedArguments) {
        http2 = scanned.has(.http2)
        if let streams = scanned.value(.streams, .number(in: 1...1024, example: 32)) { self.streams = streams }
        if scanned.has(.streams), !http2 {
            scanned.mistakes.append(
                "--streams is for HTTP/2: add --h2, or have HTTP/1.1 send ahead with --pipeline N")
        }
        if scanned.has(.pipeline), http2 {
            scanned.mistakes.append("--pipeline is for HTTP/1.1: with --h2 use --streams N")
        }
    }

    private mutating func readTrust(_ scanned: inout ScannedArguments, scheme: BenchURL.Scheme?) {
        if let file = scanned.value(.authorities, .text("a file", example: "ca.pem")) { trust = .authorities(file) }
        if scanned.has(.insecure) { trust = .anyone }
        if scanned.has(.authorities), scanned.has(.insecure) {
            scanned.mistakes.append("--ca says whom to believe and --insecure everybody; keep one")
        }
        for option in [OptionSyntax.authorities, .insecure] where scheme == .http && scanned.has(option) {
            scanned.mistakes.append("--\(option.name) is about certificates, which http has none of; write https://")
        }
    }

    private mutating func readRequest(_ scanned: inout ScannedArguments) {
        headers = scanned.all(.header, .header)
        body = scanned.value(.body, .body)
        if body != nil { method = "POST" }
        if let method = scanned.value(.method, .method) { self.method = method }
        for header in headers where ["content-length", "transfer-encoding"].contains(header.name.lowercased()) {
            scanned.mistakes.append("--header \"\(header.name)\": the framing is set from --body; leave this field out")
        }
        let absent = ["connection", "keep-alive", "proxy-connection", "upgrade", "te"]
        for header in headers where http2 && absent.contains(header.name.lowercased()) {
            scanned.mistakes.append("--header \"\(header.name)\": HTTP/2 has no such field; leave it out, or --h2")
        }
    }
}

extension OptionSyntax {
    static let connections = OptionSyntax(
        name: "connections", letter: "c", value: "N", summary: "Keep this many connections open [64]")
    static let pipeline = OptionSyntax(
        name: "pipeline", value: "N", summary: "Send this many requests ahead on each connection [1]")
    static let http2 = OptionSyntax(
        name: "h2", summary: "Speak HTTP/2: agreed on in TLS with https, at once with http")
    static let streams = OptionSyntax(
        name: "streams", value: "N", summary: "Have this many streams open on each connection of HTTP/2 [1]")
    static let insecure = OptionSyntax(
        name: "insecure", letter: "k", summary: "Accept any certificate, such as a self-signed one")
    static let authorities = OptionSyntax(
        name: "ca", value: "FILE", summary: "Believe the authorities in FILE (PEM) instead of the system's")
    static let duration = OptionSyntax(
        name: "duration", letter: "d", value: "T", summary: "End after this time, such as 10s, 500ms or 2m [10s]")
    static let requests = OptionSyntax(
        name: "requests", letter: "n", value: "N", summary: "End after this many requests instead")
    static let rate = OptionSyntax(
        name: "rate", letter: "r", value: "R",
        summary: "Send R requests a second over all connections [as fast as they are answered]")
    static let benchLoops = OptionSyntax(
        name: "loops", letter: "l", alias: "threads", value: "N",
        summary: "Run this many event loops, a thread each [one per core]; --threads means the same")
    static let method = OptionSyntax(
        name: "method", letter: "m", value: "M", summary: "Use this request method [GET; POST with --body]")
    static let header = OptionSyntax(
        name: "header", letter: "H", value: "'K: V'", summary: "Add this field to each request; may be repeated",
        isRepeatable: true)
    static let body = OptionSyntax(
        name: "body", letter: "b", value: "FILE", summary: "Send the content of FILE; @- for standard input")
    static let timeout = OptionSyntax(
        name: "timeout", letter: "t", value: "T", summary: "Give up on an answer after this time [10s]")
}

extension CommandSyntax {
    static let bench = CommandSyntax(
        name: "bench",
        summary: "Measure how fast a server answers",
        discussion: """
            Sends requests to URL over many connections and reports throughput and the distribution of latency: over \
            HTTP/1.1, or HTTP/2 with --h2, and over TLS when URL begins with https. With --rate, latency is counted from when a request should have been sent, so that a server that stalls cannot \
            hide it (coordinated omission).
            """,
        operand: Operand(
            name: "URL", isRequired: true, summary: "the address to ask, such as http://127.0.0.1:8080/plaintext"),
        options: [
            .connections, .pipeline, .http2, .streams, .insecure, .authorities, .duration, .requests, .rate,
            .benchLoops, .method, .header, .body, .timeout, .json,
        ],
        examples: [
            Example(command: "apus bench http://127.0.0.1:8080/plaintext", summary: "64 connections for 10 seconds"),
            Example(command: "apus bench :8080/json -c 256 -d 30s -r 50000", summary: "A steady 50,000 a second"),
            Example(
                command: "apus bench https://localhost:8443/ --h2 --streams 32 -k",
                summary: "HTTP/2 over TLS, with a self-signed certificate"),
            Example(
                command: "apus bench :8080/echo -b data.json -H 'Content-Type: application/json'",
                summary: "POST a file"),
        ])
}

import ApusRuntime

/// `apus serve`, and `apus check`, which takes the same.
struct ServeOptions: Hashable, Sendable {
    /// The folder to serve, or nil for the demo application.
    var folder: String?
    /// The name or address to listen on.
    var host = "127.0.0.1"
    /// The port to listen on; 0 for one that the system chooses.
    var port = 8080
    /// How many event loops, or nil for one per core, or for one per processor in `pin` where that is given.
    var loops: Int?
    /// The processors to pin the loops to, one each, in this order; nil for none.
    var pin: [Int]?
    var driver = DriverChoice.auto
    /// What is spoken over TLS, on a port of its own; nil for nothing.
    var tls: TLSOptions?

    init() {}

    /// - Parameter scanned: gains a mistake for each value that cannot be.
    init(_ scanned: inout ScannedArguments) {
        folder = scanned.operands.first
        if folder == "" { scanned.mistakes.append("FOLDER is empty; write . for the current folder") }
        if let host = scanned.value(.host, .text("a name or an address", example: "0.0.0.0 or ::1")) {
            self.host = host
        }
        if let port = scanned.value(.port, .number(in: 0...65535, example: 8080)) { self.port = port }
        loops = scanned.value(.loops, .number(in: 1...1024, example: 4))
        pin = scanned.value(.pin, .cpuList)
        if let driver = scanned.value(.driver, .driver) { self.driver = driver }
        tls = TLSOptions(&scanned)
        if let loops, let pin, loops != pin.count {
            scanned.mistakes.append(
                "--loops \(loops) with --pin of \(pin.count) processors: each loop needs one of its own; "
                    + "leave --loops out, or name \(loops) processors")
        }
    }
}

extension OptionSyntax {
    static let host = OptionSyntax(
        name: "host", value: "H", summary: "Listen on this name or address [127.0.0.1]; 0.0.0.0 or :: for all")
    static let port = OptionSyntax(
        name: "port", letter: "p", value: "N", summary: "Listen on this port [8080]; 0 for any free one")
    static let loops = OptionSyntax(
        name: "loops", letter: "l", value: "N", summary: "Run this many event loops, a thread each [one per core]")
    static let pin = OptionSyntax(
        name: "pin", value: "CPULIST", summary: "Pin each loop to one of these processors, such as 0,2-3")
    static let driver = OptionSyntax(
        name: "driver", value: "D", summary: "Drive the loops with \(ArgumentKind.driverNames) [auto]")
}

extension CommandSyntax {
    static let serve = CommandSyntax(
        name: "serve",
        summary: "Serve a folder, or the demo application",
        discussion: """
            Serves the files of FOLDER over HTTP/1.1 and HTTP/2. Without a FOLDER it serves the demo application, whose welcome \
            page lists its routes. Ctrl-C (SIGINT) or SIGTERM lets the requests in flight finish; a second one stops at \
            once.
            """,
        operand: Operand(name: "FOLDER", isRequired: false, summary: "The folder to serve"),
        options: [.host, .port] + OptionSyntax.tls + [.loops, .pin, .driver],
        examples: [
            Example(command: "apus serve", summary: "The demo on http://127.0.0.1:8080"),
            Example(command: "apus serve public -p 3000", summary: "The folder `public` on port 3000"),
            Example(
                command: "apus serve --tls-port 8443 --tls-self-signed", summary: "https://localhost:8443 as well"),
            Example(command: "apus serve --host :: --pin 0,2-3", summary: "All addresses, three pinned loops"),
        ])

    static let check = CommandSyntax(
        name: "check",
        summary: "Say whether `serve` with the same options would start",
        discussion: """
            Looks at what `apus serve` with the same options would need (the folder, the address and port, the driver, \
            the limits of the system) and says what is missing and what to do, without serving anything.
            """,
        operand: Operand(name: "FOLDER", isRequired: false, summary: "The folder to be served"),
        options: [.host, .port] + OptionSyntax.tls + [.loops, .pin, .driver],
        examples: [
            Example(command: "apus check -p 80", summary: "May this user listen on port 80?"),
            Example(command: "apus check --driver uring", summary: "Has this kernel what io_uring needs?"),
        ])
}

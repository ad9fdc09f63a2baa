extension CommandSyntax {
    static let serve = CommandSyntax(
        name: "serve",
        summary: "Serve a folder, or the demo application",
        discussion: """
            Serves the files of FOLDER, or of the folders that the configuration names, over HTTP/1.1 and HTTP/2. Without \
            any it serves the demo application, whose welcome page lists its routes. The configuration is read from a \
            file, then from variables APUS_*, then from these options, the last one strongest; `apus config --keys` lists \
            all there is. Ctrl-C (SIGINT) or SIGTERM lets the requests in flight finish; a second one stops at once. SIGHUP reads \
            the configuration again, SIGUSR1 opens access logs anew, and SIGUSR2 starts the program anew and hands the \
            listening sockets over, without a lost request. With --workers a master does nothing but that for its workers: \
            it starts one anew that dies, and at SIGUSR2 replaces one after the other.
            """,
        operand: Operand(name: "FOLDER", isRequired: false, summary: "The folder to serve"),
        options: OptionSyntax.serve,
        examples: [
            Example(command: "apus serve", summary: "The demo on http://127.0.0.1:8080"),
            Example(command: "apus serve public -p 3000", summary: "The folder `public` on port 3000"),
            Example(command: "apus serve --config apus.json5", summary: "As the file says"),
            Example(
                command: "apus serve --tls-port 8443 --tls-self-signed", summary: "https://localhost:8443 as well"),
            Example(command: "apus serve --workers 4", summary: "Four processes that share the processors"),
            Example(command: "apus serve --admin :9090", summary: "With the dashboard at http://127.0.0.1:9090/"),
            Example(command: "apus serve --host :: --pin 0,2-3", summary: "All addresses, three pinned loops"),
        ])

    static let check = CommandSyntax(
        name: "check",
        summary: "Say whether `serve` with the same options would start",
        discussion: """
            Looks at what `apus serve` with the same options would need (the configuration, certificates, folders, the \
            addresses and ports, the driver) and tells everything that is wrong at once, with what to do. With --config \
            no port is touched, so that a file can be checked beside the server that will read it.
            """,
        operand: Operand(name: "FOLDER", isRequired: false, summary: "The folder to be served"),
        options: OptionSyntax.serve,
        examples: [
            Example(command: "apus check --config apus.json5", summary: "Is the file right?"),
            Example(command: "apus check -p 80", summary: "May this user listen on port 80?"),
            Example(command: "apus check --driver uring", summary: "Has this kernel what io_uring needs?"),
        ])

    static let config = CommandSyntax(
        name: "config",
        summary: "Show the configuration in force, and where each value is from",
        discussion: """
            Shows every key with its value and its origin: the default, a preset, a line of the file, a variable or an \
            option. Secrets are masked. With --keys it shows what keys there are and what they mean.
            """,
        operand: Operand(name: "FOLDER", isRequired: false, summary: "The folder to be served"),
        options: [.json, .keys, .changed] + OptionSyntax.serve,
        examples: [
            Example(command: "apus config --config apus.json5 --changed", summary: "What differs from the defaults"),
            Example(command: "apus config --keys", summary: "All keys, their types, defaults and variables"),
        ])
}

extension OptionSyntax {
    static let keys = OptionSyntax(name: "keys", letter: "k", summary: "Show what keys there are, and what they mean")
    static let changed = OptionSyntax(name: "changed", summary: "Leave out what has its default")
}

/// `apus config`.
package struct ConfigOptions: Equatable, Sendable {
    /// What `apus serve` would be given.
    package var serve = ServeOptions()
    /// Whether to print JSON instead of a table.
    package var json = false
    /// Whether to tell of the keys instead of the values.
    package var keys = false
    /// Whether to leave out what has its default.
    package var changed = false

    package init() {}

    /// - Parameter scanned: gains a mistake for each value that cannot be.
    init(_ scanned: inout ScannedArguments) {
        serve = ServeOptions(&scanned)
        json = scanned.has(.json)
        keys = scanned.has(.keys)
        changed = scanned.has(.changed)
    }
}

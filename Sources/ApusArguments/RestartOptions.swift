/// `apus restart`.
package struct RestartOptions: Equatable, Sendable {
    /// The process of the server, or of the master.
    package var process: Int32
    /// How long the new one may take.
    package var wait = Duration.seconds(75)

    /// Nil without a process; `scanned` gains a mistake for each value that cannot be.
    init?(_ scanned: inout ScannedArguments) {
        let kind = ArgumentKind<Int>.number(in: 2...Int(Int32.max), example: 4242)
        let process = scanned.operands.first.flatMap { kind.read($0) }
        if let text = scanned.operands.first, process == nil {
            scanned.mistakes.append("\"\(text)\": expected the number of a process, such as \(kind.example)")
        }
        if let wait = scanned.value(.wait, .duration) { self.wait = wait }
        guard let process else { return nil }
        self.process = Int32(process)
    }
}

extension OptionSyntax {
    static let wait = OptionSyntax(
        name: "wait", value: "TIME", summary: "How long the new process may take [75s]")
}

extension CommandSyntax {
    static let restart = CommandSyntax(
        name: "restart",
        summary: "Put a new process in the place of a running server",
        discussion: """
            Sends SIGUSR2 to the process PID, which serves: it starts its program anew and hands its listening sockets over, \
            and no request is lost. A master (`apus serve --workers N`) replaces its workers one after the other. Waits \
            until the new process serves, and fails when it does not: then the old one serves on, and its log says why. \
            Linux only; elsewhere send the signal.
            """,
        operand: Operand(name: "PID", isRequired: true, summary: "The process that serves, or the master of workers"),
        options: [.wait],
        examples: [
            Example(command: "apus restart 4242", summary: "A new version is at the old place"),
            Example(command: "apus restart --wait 10s 4242", summary: "And must be ready soon"),
        ])
}

package import ApusConfiguration

/// What `apus` returns to the shell. Each command's help lists them.
///
/// The numbers are those of the shell's own tools: 2 for a wrong command line, where `sysexits.h` has 64.
package enum ExitCode: Int32, Sendable, CaseIterable {
    /// It did what was asked.
    case success = 0
    /// It was asked rightly, and failed: a port in use, a server that does not answer.
    case failure = 1
    /// The command line is wrong; nothing was done.
    case usage = 2

    /// What a configuration ends with that can't be: ``usage`` when all that is wrong was written on the command line, and
    /// would be wrong on any machine.
    package init(of error: ConfigurationError) {
        let isUsage = error.problems.allSatisfy { problem in
            guard case .flag = problem.origin else { return false }
            return problem.kind != .contradiction
        }
        self = isUsage ? .usage : .failure
    }

    /// The line in a command's help.
    package var summary: String {
        switch self {
        case .success: "done"
        case .failure: "it failed; the message says why and what to do"
        case .usage: "the command line is wrong; nothing was done"
        }
    }
}

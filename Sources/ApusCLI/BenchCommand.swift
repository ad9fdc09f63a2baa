import Apus
import ApusArguments
import ApusLoad

/// `apus bench`.
@MainActor enum BenchCommand {
    /// Puts load on a server, shows how far it is, and prints what was measured.
    ///
    /// - Throws: `BenchError` when nothing could be asked, or nothing was answered with 2xx.
    static func run(_ options: BenchOptions) async throws {
        try await Bench.run(options) { report in
            print(try options.json ? JSON(report.json).text() + "\n" : report.text, terminator: "")
        }
    }
}

@testable import Apus
@testable import ApusConfiguration

/// What an operator writes is read or refused with places and reasons, and never anything else: variables, a line each,
/// when the first begins with `APUS_`, else a file.
func configuration(_ input: [UInt8]) {
    guard input.starts(with: "APUS_".utf8) else { return file(input) }
    var environment: [String: String] = [:]
    for line in input.split(separator: 0x0A) {
        let parts = line.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
        // The one that names a file: none is read here.
        if parts.count == 2, !parts[0].elementsEqual("APUS_CONFIG".utf8) {
            environment[text(parts[0])] = text(parts[1])
        }
    }
    do throws(ConfigurationError) {
        let configuration = try Configuration.load(environment: environment, checksFiles: false)
        var again = configuration
        again.report.forgetProblems()
        again.checkWhole(checksFiles: false)
        require(again.report.problems.isEmpty, "what was loaded is refused")
    } catch {
        judge(error.problems)
    }
}

private func file(_ bytes: [UInt8]) {
    let value: JSON5Value
    do throws(JSON5Error) { value = try JSON5Parser.parse(bytes) } catch {
        require(error.position.line > 0 && error.position.column > 0, "a mistake is outside of the text")
        require(error.position.line <= bytes.count + 1, "a mistake is behind the text")
        require(isPrintable(error.message), "a reason that can't be shown")
        return
    }
    var configuration = Configuration()
    var report = Configuration.newReport
    Configuration.schema.apply(ConfigurationNode(value, file: "f"), to: &configuration, at: "", &report)
    Configuration.schema.check(configuration, at: "", &report)
    judge(report.problems)
    _ = configuration.entries
}

private func judge(_ problems: [ConfigurationProblem]) {
    for problem in problems { require(isPrintable(problem.description), "a mistake that can't be shown") }
}

private func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
}

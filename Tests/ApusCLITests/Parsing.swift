import Apus

@testable import ApusArguments
@testable import ApusCLI
@testable import ApusLoad

/// Reads a command line as a shell would split it, without quoting.
func parse(_ line: String) -> Invocation {
    parse(line.split(separator: " ").map(String.init))
}

func parse(_ arguments: [String]) -> Invocation {
    Invocation(arguments: arguments[...], version: "1.2.3")
}

extension Invocation {
    var serve: ServeOptions? { if case .run(.serve(let options)) = self { options } else { nil } }
    var bench: BenchOptions? { if case .run(.bench(let options)) = self { options } else { nil } }
    var mistakes: [String] { if case .failure(let error) = self { error.mistakes } else { [] } }
    var text: String? { if case .show(let text) = self { text } else { nil } }
}

extension ServeOptions {
    /// What a key of the configuration is set to.
    func value(_ path: String) -> String? { flags.last { $0.path == path }?.value }
}

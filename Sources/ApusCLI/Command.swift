import Apus
import ApusArguments

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What `apus` does with its command line, and how it ends.
enum Command {
    static let version = "0.1.0"

    static func main() async {
        switch Invocation(arguments: CommandLine.arguments.dropFirst(), version: version) {
        case .show(let text):
            print(text, terminator: "")
            exit(ExitCode.success.rawValue)
        case .failure(let error):
            fail(error.description, .usage)
        case .run(let command):
            do {
                try await run(command)
            } catch let error as ConfigurationError {
                fail(error.problems.map { "apus: \($0)\n" }.joined(), ExitCode(of: error))
            } catch {
                fail("apus: \(error)\n", .failure)
            }
        }
    }

    private static func run(_ command: Invocation.Command) async throws {
        switch command {
        case .serve(let options): try await ServeCommand.run(options)
        case .restart(let options): print(try RestartCommand.run(options))
        case .check(let options): print(try ServeCommand.check(options))
        case .config(let options): print(try ConfigCommand.text(options), terminator: "")
        case .routes(let options): try RoutesCommand.run(options)
        case .top(let options): try await TopCommand.run(options)
        case .bench(let options): try await BenchCommand.run(options)
        }
    }

    static func fail(_ message: String, _ code: ExitCode) -> Never {
        var text = message
        text.withUTF8 { bytes in _ = unsafe write(2, bytes.baseAddress, bytes.count) }
        exit(code.rawValue)
    }
}

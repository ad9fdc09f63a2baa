import Apus

/// Serves notes:
///
/// ```
/// Notes [--port PORT] [--loops N] [--redis HOST:PORT | unix:PATH] [--log FILE] [--temporary FOLDER] [--logins PER-MINUTE]
/// ```
@main struct NotesCommand {
    static func main() async throws {
        var options = NotesOptions()
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            switch word {
            case "--port": options.port = words.popFirst().flatMap(UInt16.init) ?? options.port
            case "--loops": options.loops = words.popFirst().flatMap(Int.init)
            case "--redis": options.redis = words.popFirst()
            case "--log": options.accessLog = words.popFirst()
            case "--temporary": options.temporaryFolder = words.popFirst() ?? options.temporaryFolder
            case "--logins": options.loginsPerMinute = words.popFirst().flatMap(Int.init) ?? options.loginsPerMinute
            default:
                return print(
                    "usage: Notes [--port PORT] [--loops N] [--redis HOST:PORT | unix:PATH] [--log FILE] "
                        + "[--temporary FOLDER] [--logins PER-MINUTE]")
            }
        }
        try await notes(options).run()
    }
}

import Apus

/// Serves the files of a folder, and takes new ones:
///
/// ```
/// FileTransfer [--port PORT] [--loops N] FOLDER
/// ```
@main struct FileTransferCommand {
    static func main() async throws {
        var port: UInt16 = 8080
        var loops: Int?
        var folder: String?
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            switch word {
            case "--port": port = words.popFirst().flatMap(UInt16.init) ?? port
            case "--loops": loops = words.popFirst().flatMap(Int.init)
            default: folder = word
            }
        }
        guard let folder else { return print("usage: FileTransfer [--port PORT] [--loops N] FOLDER") }
        try await fileTransfer(folder: folder, port: port, loops: loops).run()
    }
}

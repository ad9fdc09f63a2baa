import Apus
import Testing

/// Serves the files of a folder until the test has ended.
func servingFiles(
    of folder: TestFolder, at pattern: String = "/**", _ options: FileOptions = FileOptions(),
    test: (SocketAddress) async throws -> Void
) async throws {
    try await serving(
        { _ in },
        { app in
            do { try app.files(pattern, from: folder.root, options) } catch { Issue.record("\(error)") }
        }, test: test)
}

/// The same for a test that asks over one connection.
func asking(
    _ folder: TestFolder, _ options: FileOptions = FileOptions(), _ test: (Asking) throws -> Void
) async throws {
    try await servingFiles(of: folder, options) { address in try test(Asking(client: RawClient(address))) }
}

/// Asks for paths over one connection.
struct Asking {
    let client: RawClient

    func callAsFunction(_ path: String, _ fields: String) throws -> Answer {
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        return try client.response()
    }
}

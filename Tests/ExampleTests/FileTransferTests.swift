import Apus
import Testing

@testable import FileTransfer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("FileTransfer", .timeLimit(.minutes(1)))
struct FileTransferTests {
    @Test("its routes are those that it promises, and none of them is in another's way")
    func routes() throws {
        var template = Array("/tmp/apus-transfer-XXXXXX".utf8CString)
        let folder = unsafe String(cString: mkdtemp(&template))
        defer {
            _ = unsafe rmdir(folder + "/.uploads")
            _ = unsafe rmdir(folder)
        }
        let routes = try fileTransfer(folder: folder, port: 0).routes().map { "\($0.method) \($0.pattern)" }
        #expect(
            Set(routes) == [
                "GET /files/**", "POST /files/**", "PUT /files/**", "HEAD /uploads/:upload", "PATCH /uploads/:upload",
                "DELETE /uploads/:upload", "GET /",
            ])
        #expect(throws: SystemError.self) { try fileTransfer(folder: folder + "/none", port: 0) }
    }
}

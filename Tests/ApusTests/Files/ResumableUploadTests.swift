import Glibc
import Testing

@testable import Apus

@Suite("Resumable uploads")
struct ResumableUploadTests {
    static let content = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }

    private func serve(
        _ configure: (inout ResumableUploads.Options) -> Void = { _ in },
        _ test: (SocketAddress, TestFolder) throws -> Void
    ) async throws {
        let folder = try TestFolder()
        var options = ResumableUploads.Options()
        configure(&options)
        try await serving(
            { _ in },
            { app in
                do {
                    try app.uploads("/files/**", to: UploadFolder(folder.root), options)
                    try app.files("/files/**", from: folder.root)
                } catch {
                    Issue.record("\(error)")
                }
            }
        ) { address in try test(address, folder) }
    }

    private func message(_ start: String, _ fields: [String], _ body: ArraySlice<UInt8>?) -> [UInt8] {
        let length = body.map { ["Content-Length: \($0.count)"] } ?? []
        let head = (["\(start) HTTP/1.1", "Host: a"] + fields + length).map { $0 + "\r\n" }.joined() + "\r\n"
        return Array(head.utf8) + (body ?? [])
    }

    private func ask(
        _ address: SocketAddress, _ start: String, _ fields: String..., body: ArraySlice<UInt8>? = nil
    ) throws -> Answer {
        let client = try RawClient(address)
        client.sendInBackground(message(start, fields, body))
        return try client.response(toHead: start.hasPrefix("HEAD"))
    }

    private func patch(
        _ address: SocketAddress, _ upload: String, _ offset: Int, _ isLast: Bool, _ body: ArraySlice<UInt8>,
        _ more: String...
    ) throws -> Answer {
        let client = try RawClient(address)
        client.sendInBackground(message("PATCH \(upload)", patchFields(offset, isLast) + more, body))
        return try client.response()
    }

    private func patchFields(_ offset: Int, _ isLast: Bool) -> [String] {
        [
            "Content-Type: application/partial-upload", "Upload-Offset: \(offset)",
            "Upload-Complete: ?\(isLast ? 1 : 0)",
        ]
    }

    private func create(_ address: SocketAddress, _ path: String = "/files/new.bin") throws -> String {
        let made = try ask(
            address, "POST \(path)", "Upload-Complete: ?0", "Upload-Length: \(Self.content.count)", body: [])
        #expect(made.status == 201 && made["upload-complete"] == "?0" && made["upload-offset"] == "0")
        return try #require(made["location"])
    }

    @Test("an upload in parts is whole at its end, and has its name only then")
    func parts() async throws {
        try await serve { address, _ in
            let upload = try create(address)
            var offset = 0
            for end in [1, 400_000, 1_000_000] {
                let answer = try patch(address, upload, offset, false, Self.content[offset..<end])
                #expect(answer.status == 204 && answer["upload-offset"] == "\(end)")
                offset = end
                let head = try ask(address, "HEAD \(upload)")
                #expect(head.status == 204 && head["upload-offset"] == "\(end)" && head["upload-complete"] == "?0")
                #expect(head["upload-length"] == "\(Self.content.count)" && head["cache-control"] == "no-store")
                #expect(try ask(address, "GET /files/new.bin").status == 404)
            }
            let last = try patch(address, upload, offset, true, Self.content[offset...])
            #expect(last.status == 201 && last["location"] == "/files/new.bin" && last["upload-complete"] == "?1")
            #expect(try ask(address, "GET /files/new.bin").body == Self.content)
            // Who did not get the answer learns that it is complete.
            let head = try ask(address, "HEAD \(upload)")
            #expect(head["upload-offset"] == "\(Self.content.count)" && head["upload-complete"] == "?1")
            let again = try patch(address, upload, Self.content.count, true, [])
            #expect(again.status == 400 && again.text.contains("completed-upload"))
        }
    }

    @Test("an upload that was interrupted goes on where it was, and what had come is not sent again")
    func interrupted() async throws {
        try await serve { address, folder in
            let upload = try create(address)
            let part = "\(folder.root)/.\(upload.dropFirst()).part"
            do {
                let client = try RawClient(address)
                let whole = message("PATCH \(upload)", patchFields(0, true), Self.content[...])
                client.send(Array(whole[..<1_000_000]))
                // What the server has not read when it sees the end may be lost; what is on the disk is not.
                while try OpenFile(path: part).size() == 0 { sched_yield() }
                client.endSending()
                _ = try? client.receiveAll()
            }
            let head = try ask(address, "HEAD \(upload)")
            let offset = try #require(head["upload-offset"].flatMap { Int($0) })
            #expect(offset >= UploadFolder.batchBytes && offset <= 1_000_000)
            let rest = try patch(address, upload, offset, true, Self.content[offset...])
            #expect(rest.status == 201)
            #expect(try ask(address, "GET /files/new.bin").body == Self.content)
        }
    }

    @Test("an upload goes on after a restart")
    func restart() async throws {
        let folder = try TestFolder()
        var upload = ""
        for isFirst in [true, false] {
            try await serving(
                { _ in },
                { app in
                    do { try app.uploads("/files/**", to: UploadFolder(folder.root)) } catch {
                        Issue.record("\(error)")
                    }
                }
            ) { address in
                if isFirst {
                    upload = try create(address)
                    #expect(try patch(address, upload, 0, false, Self.content[..<500_000]).status == 204)
                } else {
                    #expect(try ask(address, "HEAD \(upload)")["upload-offset"] == "500000")
                    #expect(try patch(address, upload, 500_000, true, Self.content[500_000...]).status == 201)
                }
            }
        }
        #expect(try OpenFile(path: folder.root + "/new.bin").size() == Int64(Self.content.count))
    }

    @Test(
        "any name that a file may have can be resumed, line feeds too",
        arguments: ["%0A", "a%0Aopen%0A%0Ab", "%C3%A9%20%22"])
    func oddNames(name: String) async throws {
        try await serve { address, _ in
            let path = "/files/" + name
            let upload = try create(address, path)
            #expect(try patch(address, upload, 0, false, Self.content[..<7]).status == 204)
            #expect(try patch(address, upload, 7, true, Self.content[7...]).status == 201)
            #expect(try ask(address, "GET \(path)").body == Self.content)
        }
    }

    @Test("another offset gets 409 with the right one; contradictions get 400")
    func refused() async throws {
        try await serve { address, _ in
            let upload = try create(address)
            #expect(try patch(address, upload, 0, false, Self.content[..<1000]).status == 204)
            for offset in [0, 999, 1001] {
                let answer = try patch(address, upload, offset, false, [1])
                #expect(answer.status == 409 && answer["upload-offset"] == "1000")
                #expect(
                    answer.text.contains("mismatching-upload-offset")
                        && answer.text.contains(#""expected-offset":1000"#))
            }
            let short = try patch(address, upload, 1000, true, Self.content[1000..<2000])
            #expect(short.status == 400 && short.text.contains("inconsistent-upload-length"))
            let long = try patch(address, upload, 1000, false, Self.content[...])
            #expect(long.status == 400)
            #expect(try patch(address, upload, 1000, false, [1], "Upload-Length: 7").status == 400)
            let bad = [
                ["Upload-Offset: x", "Upload-Complete: ?0"], ["Upload-Offset: -1", "Upload-Complete: ?0"],
                ["Upload-Offset: 9999999999999999", "Upload-Complete: ?0"], ["Upload-Complete: ?0"],
                ["Upload-Offset: 1000"], ["Upload-Offset: 1000", "Upload-Complete: true"],
            ]
            for fields in bad {
                let client = try RawClient(address)
                client.send(message("PATCH \(upload)", ["Content-Type: application/partial-upload"] + fields, [1]))
                #expect(try client.response().status == 400, "\(fields)")
            }
            #expect(
                try ask(address, "PATCH \(upload)", "Upload-Offset: 1000", "Upload-Complete: ?0", body: [1]).status
                    == 415)
            // Nothing of that was written.
            #expect(try ask(address, "HEAD \(upload)")["upload-offset"] == "1000")
        }
    }

    @Test("names of uploads lead nowhere else, and one that was given up is gone")
    func names() async throws {
        try await serve { address, folder in
            for name in [
                "0", String(repeating: "0", count: 32), String(repeating: "g", count: 32), "..%2Fdata.bin", "%2e%2e",
                String(repeating: ".", count: 32),
            ] {
                for method in ["HEAD", "DELETE"] {
                    let status = try ask(address, "\(method) /uploads/\(name)").status
                    #expect(status == 404 || status == 400, "\(name)")
                }
            }
            let upload = try create(address)
            #expect(try ask(address, "DELETE \(upload)").status == 204)
            #expect(try ask(address, "HEAD \(upload)").status == 404)
            #expect(try patch(address, upload, 0, false, [1]).status == 404)
            #expect(try ask(address, "POST /files/..%2Fx", "Upload-Complete: ?0", body: []).status == 400)
            #expect(try ask(address, "POST /files/.uploads/x", "Upload-Complete: ?0", body: []).status == 400)
            #expect(try ask(address, "GET /files/.uploads/").status == 404)
        }
    }

    @Test("the last to take an upload over is the one that writes")
    func takenOver() async throws {
        try await serve { address, folder in
            let upload = try create(address)
            let part = "\(folder.root)/.\(upload.dropFirst()).part"
            let first = try RawClient(address)
            let whole = message("PATCH \(upload)", patchFields(0, true), Self.content[...])
            first.send(Array(whole[..<600_000]))
            while try OpenFile(path: part).size() == 0 { sched_yield() }
            let offset = try #require(Int(try ask(address, "HEAD \(upload)")["upload-offset"] ?? ""))
            let second = try patch(address, upload, offset, true, Self.content[offset...])
            #expect(second.status == 201)
            // What the first one still sends goes nowhere.
            first.sendInBackground(Array(whole[600_000...]))
            #expect(try first.response().status == 409)
            #expect(try ask(address, "GET /files/new.bin").body == Self.content)
        }
    }

    @Test("without a word of being resumed a file is sent at once; too long, or under a taken name, it is refused")
    func plain() async throws {
        try await serve({ $0.saving.mostBytes = 2_000_000 }) { address, _ in
            let sent = try ask(address, "PUT /files/a%20b.bin", body: Self.content[...])
            #expect(sent.status == 201 && sent["location"] == "/files/a%20b.bin")
            #expect(try ask(address, "GET /files/a%20b.bin").body == Self.content)
            #expect(try ask(address, "POST /files/a%20b.bin", body: [1]).status == 409)
            let tooLong = [UInt8](repeating: 0, count: 2_000_001)
            #expect(try ask(address, "POST /files/long", body: tooLong[...]).status == 413)
            #expect(
                try ask(address, "POST /files/long", "Upload-Complete: ?0", "Upload-Length: 2000001", body: []).status
                    == 413)
            let upload = try create(address)
            #expect(try patch(address, upload, 0, false, Self.content[...]).status == 204)
            // One that has content learns where the upload is before it is answered.
            func begin(_ path: String, _ isLast: Bool, _ content: ArraySlice<UInt8>) throws -> (Answer, Answer) {
                let client = try RawClient(address)
                client.send(message("POST \(path)", ["Upload-Complete: ?\(isLast ? 1 : 0)"], content))
                return (try client.response(), try client.response())
            }
            let (hint, whole) = try begin("/files/once.bin", true, Self.content[..<1000])
            #expect(hint.status == 104 && hint["location"]?.hasPrefix("/uploads/") == true)
            #expect(whole.status == 201 && whole["location"] == "/files/once.bin")
            let (_, unknown) = try begin("/files/unknown.bin", false, Self.content[..<10])
            let place = try #require(unknown["location"])
            #expect(try patch(address, place, 10, true, Self.content[10..<20]).status == 201)
            #expect(try ask(address, "GET /files/unknown.bin").body == Array(Self.content[..<20]))
        }
    }

    @Test("what nobody wrote to for long is removed")
    func swept() throws {
        let folder = try TestFolder()
        let store = try UploadStore(in: FileRoot(folder.root))
        let name = try store.create(UploadStore.Record(path: "x", length: 7))
        let now = Int64(time(nil))
        store.sweep(before: now - 100)
        #expect(try store.state(of: name)?.record == UploadStore.Record(path: "x", length: 7))
        store.sweep(before: now + 100)
        #expect(try store.state(of: name) == nil)
    }
}

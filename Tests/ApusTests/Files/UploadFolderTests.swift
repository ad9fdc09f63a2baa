import Glibc
import Testing

@testable import Apus

@Suite("Content saved to files", .serialized)
struct UploadFolderTests {
    static let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private func put(_ path: String, _ body: [UInt8], chunked: Bool = false) -> [UInt8] {
        guard chunked else {
            return Array("PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
        }
        let size = String(body.count, radix: 16)
        return Array("PUT \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n".utf8) + body
            + Array("\r\n0\r\n\r\n".utf8)
    }

    private func serve(
        careful: Bool = false, _ test: (SocketAddress, TestFolder) throws -> Void
    ) async throws {
        let folder = try TestFolder()
        let uploads = try UploadFolder(FileRoot(folder.root, careful: careful))
        try await serving(
            { $0.limits.body = 8 << 20 },
            { app in
                func save(_ pattern: String, _ options: UploadFolder.Options) {
                    app.put(pattern) { context in
                        let saved = try await context.body.save(
                            to: context.parameters["**"] ?? "", in: uploads, options)
                        return Response(.created, text: "\(saved.path) \(saved.count)")
                    }
                }
                save("/new/**", UploadFolder.Options())
                save("/replace/**", UploadFolder.Options(replaces: true, syncs: true))
                save("/folders/**", UploadFolder.Options(makesFolders: true))
                save("/small/**", UploadFolder.Options(mostBytes: 1000))
                app.post("/form") { context in
                    var names: [String] = []
                    for file in try await context.form().files {
                        names.append(try await file.save(to: file.safeFilename ?? "unnamed", in: uploads).path)
                    }
                    return names.joined(separator: " ")
                }
                app.delete("/new/**") { context in
                    try await uploads.remove(context.parameters["**"] ?? "")
                    return Status.noContent
                }
            }
        ) { address in try test(address, folder) }
    }

    /// What lies in a folder, hidden names too.
    private func names(_ path: String) throws -> Set<String> {
        var names: Set<String> = []
        guard let folder = unsafe opendir(path) else { throw SystemError(call: "opendir") }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &(entry.pointee.d_name)) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            names.insert(name)
        }
        unsafe closedir(folder)
        return names.subtracting([".", ".."])
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        let file = try OpenFile(path: path)
        return try DiskFile(owning: dup(file.descriptor)).read(at: 0, count: Int(file.size()))
    }

    @Test("content is saved as it was sent, whole or in chunks, and found under its name")
    func saves() async throws {
        try await serve { address, folder in
            let client = try RawClient(address)
            for (name, chunked) in [("a.bin", false), ("sub/b.bin", true), ("%C3%A9%20.txt", false)] {
                client.sendInBackground(put("/new/\(name)", Self.content, chunked: chunked))
                let answer = try client.response()
                #expect(answer.status == 201, "\(answer.text)")
            }
            for name in ["a.bin", "sub/b.bin", "é .txt"] {
                #expect(try bytes(folder.root + "/" + name) == Self.content)
            }
            client.send(put("/new/empty", []))
            #expect(try client.response().text == "empty 0")
            client.send("DELETE /new/empty HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 204)
            client.send("DELETE /new/empty HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 404)
            let left = try names(folder.root).filter { $0.hasPrefix(".apus") }
            #expect(left.isEmpty)
        }
    }

    @Test("a name that is taken is refused, or replaced in one step")
    func replaces() async throws {
        try await serve { address, folder in
            let client = try RawClient(address)
            client.send(put("/new/page.html", [1]))
            #expect(try client.response().status == 409)
            #expect(try bytes(folder.root + "/page.html") == Array("<p>".utf8))
            client.send(put("/replace/page.html", [1]))
            #expect(try client.response().status == 201)
            #expect(try bytes(folder.root + "/page.html") == [1])
            // A link is replaced, not followed.
            client.send(put("/replace/out.txt", [2]))
            #expect(try client.response().status == 201)
            #expect(try bytes(folder.path + "/secret.txt") == Array("secret".utf8))
            for path in ["/new/sub", "/replace/sub", "/new/dangling", "/new/out.txt"] {
                client.send(put(path, [1]))
                #expect(try client.response().status == 409, "\(path)")
            }
        }
    }

    @Test(
        "nothing is written outside the folder, nor under a hidden name, with and without the kernel's help",
        arguments: [false, true])
    func beneath(careful: Bool) async throws {
        try await serve(careful: careful) { address, folder in
            let before = try names(folder.path)
            let table = [
                ("/new/%2e%2e/x", 400), ("/new/..%2Fx", 400), ("/new/a%5Cb", 400), ("/new/.hidden2", 400),
                ("/new/sub/", 400), ("/new/", 400), ("/new/a%00b", 400), ("/new/up/x", 409), ("/new/sideways/x", 409),
                ("/new/absolute/x", 409), ("/new/none/x", 409), ("/new/page.html/x", 409), ("/folders/up/x/y", 409),
                ("/folders/../x", 400), ("/folders/.git/hooks/x", 400),
            ]
            for (path, status) in table {
                let client = try RawClient(address)
                client.send(put(path, [1]))
                let answer = try client.response()
                #expect(answer.status == status || answer.status == 404 || answer.status == 400, "\(path)")
                #expect(answer.status >= 400, "\(path)")
            }
            #expect(try names(folder.path) == before)
            #expect(try names(folder.path + "/outside") == ["secret.txt"])
            let client = try RawClient(address)
            client.send(put("/folders/x/y/z", [1]))
            #expect(try client.response().status == 201)
            #expect(try bytes(folder.root + "/x/y/z") == [1])
        }
    }

    @Test("content beyond the limit gets 413, announced or not, and leaves nothing")
    func limits() async throws {
        try await serve { address, folder in
            for (chunked, count, status) in [(false, 1000, 201), (false, 1001, 413), (true, 1001, 413)] {
                let client = try RawClient(address)
                client.send(put("/small/\(chunked)\(count)", Array(Self.content[..<count]), chunked: chunked))
                #expect(try client.response().status == status)
            }
            // The route's own limit holds for content in chunks too.
            let client = try RawClient(address)
            client.sendInBackground(put("/new/long", [UInt8](repeating: 1, count: 9 << 20), chunked: true))
            #expect(try client.response().status == 413)
            #expect(try names(folder.root).isDisjoint(with: ["true1001", "false1001", "long"]))
        }
    }

    @Test("a client that leaves in the middle leaves no file")
    func leaves() async throws {
        try await serve { address, folder in
            let before = try names(folder.root)
            do {
                let client = try RawClient(address)
                client.send(Array(put("/new/half", Self.content)[..<400_000]))
                client.reset()
            }
            // The next one is answered behind it, on the same loop and the same disk.
            let client = try RawClient(address)
            client.sendInBackground(put("/new/whole", Self.content))
            #expect(try client.response().status == 201)
            #expect(try names(folder.root) == before.union(["whole"]))
        }
    }

    @Test("files of a form are saved under names that are safe")
    func forms() async throws {
        try await serve { address, folder in
            let long = [UInt8](repeating: 7, count: 300_000)
            let body =
                Array("--B\r\nContent-Disposition: form-data; name=f; filename=\"../../short.txt\"\r\n\r\nx\r\n".utf8)
                + Array("--B\r\nContent-Disposition: form-data; name=f; filename=\"C:\\long\"\r\n\r\n".utf8) + long
                + Array("\r\n--B--\r\n".utf8)
            let client = try RawClient(address)
            client.sendInBackground(
                Array(
                    "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: \(body.count)\r\n\r\n"
                        .utf8) + body)
            #expect(try client.response().text == "short.txt long")
            #expect(try bytes(folder.root + "/long") == long)
        }
    }

    @Test("a full disk gets 507, and leaves no stray file")
    func fullDisk() async throws {
        try await serve { address, folder in
            let before = try names(folder.root)
            // As good as a full disk: no file of this process grows beyond 2 MiB.
            signal(SIGXFSZ, SIG_IGN)
            var usual = rlimit()
            _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &usual)
            var small = rlimit(rlim_cur: 2 << 20, rlim_max: usual.rlim_max)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
            defer { _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &usual) }
            let long = [UInt8](repeating: 1, count: 4 << 20)
            for chunked in [false, true] {
                let client = try RawClient(address)
                client.sendInBackground(put("/new/full", long, chunked: chunked))
                let answer = try client.response()
                #expect(answer.status == 507, "\(answer.text)")
            }
            let form =
                Array("--B\r\nContent-Disposition: form-data; name=f; filename=full\r\n\r\n".utf8) + long
                + Array("\r\n--B--\r\n".utf8)
            let client = try RawClient(address)
            client.sendInBackground(
                Array(
                    "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: \(form.count)\r\n\r\n"
                        .utf8) + form)
            #expect(try client.response().status == 507)
            #expect(try names(folder.root) == before)
        }
    }

    @Test("where no file can be without a name, it has a hidden one until it is whole, and none when it fails")
    func named() throws {
        let folder = try TestFolder()
        let root = try FileRoot(folder.root)
        let before = try names(folder.root)
        let path = try #require(FilePath("data2.bin"))
        do {
            let open = try OpenFolder(of: path, in: root, makesFolders: false)
            let pending = try PendingFile.named(in: open, "data2.bin")
            _ = try pending.file.write([[1, 2, 3]], at: 0)
            let during = try names(folder.root).subtracting(before)
            #expect(during.count == 1 && during.first?.hasPrefix(".apus-") == true)
            try pending.commit(replaces: false, syncs: true)
            #expect(try names(folder.root) == before.union(["data2.bin"]))
            #expect(throws: HTTPError.self) {
                try PendingFile.named(in: open, "data2.bin").commit(replaces: false, syncs: false)
            }
        }
        while DiskWork.pool.metrics.queued + DiskWork.pool.metrics.running > 0 { sched_yield() }
        #expect(try names(folder.root) == before.union(["data2.bin"]))
    }
}

import Apus
import FoundationEssentials
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Lets pass who sends the key.
private struct RequireKey: SynchronousMiddleware {
    func before(_ context: Context) throws -> Response? {
        guard context.field(.authorization) == "key" else { throw HTTPError(.unauthorized) }
        return nil
    }
}

@Suite("Examples of forms and uploads", .timeLimit(.minutes(1)), .serialized)
struct FormExamples {
    @Test("queries, parameters and what clients would like")
    func values() async throws {
        try await asking { app in
            // example: FormsAndContent.md
            struct Search: Decodable {
                enum Order: String, Decodable { case newest, cheapest }
                var words: String
                var page: Int?
                var order: Order?
                var tags: [String]
            }

            app.get("/search") { context in
                let search = try context.query(as: Search.self)
                return "\(search.words), page \(search.page ?? 1), \(search.tags.count) tags"
            }
            // end
            // example: FormsAndContent.md
            enum Shelf: Int, Decodable { case upper = 1, lower = 2 }

            app.get("/shelves/:shelf/days/:day") { context in
                let shelf: Shelf = try context.parameters.require("shelf")
                let day: Date = try context.parameters.require("day")
                return "\(shelf), \(day.timeIntervalSince1970)"
            }
            // end
            // example: FormsAndContent.md, Context+Negotiation.swift
            app.get("/report") { context in
                switch try context.negotiate("text/csv", "application/json") {
                case "text/csv": Response(.ok, [.contentType: "text/csv"], body: .text("name,age\nAda,36\n"))
                default: try JSON(["Ada": 36]).response(to: context)
                }
            }
            // end
            app.get("/language") { context in context.negotiateLanguage("en", "de") }
        } test: { ask async throws in
            #expect(try await ask("/search?words=a+b&tags=x&tags=y&order=newest").content == "a b, page 1, 2 tags")
            let wrong = try await ask("/search?page=two&order=none")
            #expect(wrong.status == 422)
            for field in ["words", "page", "order"] { #expect(wrong.content.contains("\"field\":\"\(field)\"")) }
            #expect(try await ask("/shelves/2/days/1970-01-02").content == "lower, 86400.0")
            #expect(try await ask("/shelves/3/days/1970-01-02").status == 400)
            let noDay = try await ask("/shelves/2/days/x")
            #expect(noDay.status == 400 && noDay.content.contains(#"\"day\" is \"x\""#))
            let json = try await ask("/report", "Accept: application/json, text/*;q=0.5")
            #expect(json.content == #"{"Ada":36}"# && json.head.contains("Vary: Accept"))
            #expect(try await ask("/report").content.hasPrefix("name"))
            #expect(try await ask("/report", "Accept: image/png").status == 406)
            let german = try await ask("/language", "Accept-Language: de-CH, en;q=0.5")
            #expect(german.content == "de" && german.head.contains("Vary: Accept-Language"))
        }
    }

    @Test("forms")
    func forms() async throws {
        try await asking { app in
            // example: Form.swift
            app.post("/login") { context in
                let form = try context.form()
                return "hello, \(try form.require("name", as: String.self))"
            }
            // end
            // example: FormsAndContent.md, UploadedFile.swift
            struct Profile: Decodable {
                var name: String
                var photo: UploadedFile?
            }
            app.post("/profile") { context in
                let profile = try await context.form(as: Profile.self)
                return "\(profile.name): \(profile.photo?.count ?? 0) bytes"
            }
            // end
            // example: FormsAndContent.md, MultipartParts.swift
            app.post("/upload") { context in
                var lines: [String] = []
                for try await part in try context.multipart() {
                    var count = 0
                    for try await chunk in part { count += chunk.count }
                    lines.append("\(part.head.name ?? "?"): \(count) bytes")
                }
                return lines.joined(separator: "\n")
            }
            // end
        } test: { ask async throws in
            let type = "multipart/form-data; boundary=x"
            let form =
                "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n--x\r\n"
                + "Content-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\r\n12345\r\n--x--\r\n"
            #expect(try await ask.post("/login", type: type, form).content == "hello, Ada")
            #expect(try await ask.post("/profile", type: type, form).content == "Ada: 5 bytes")
            #expect(try await ask.post("/upload", type: type, form).content == "name: 3 bytes\nphoto: 5 bytes")
        }
    }

    @Test("uploads")
    func uploads() async throws {
        var template = Array("/tmp/apus-doc-XXXXXX".utf8CString)
        let place = unsafe String(cString: mkdtemp(&template))
        let before = unsafe String(cString: getcwd(nil, 0))
        _ = unsafe chdir(place)
        defer {
            _ = unsafe chdir(before)
            _ = unsafe system("rm -rf '\(place)'")
        }
        for name in ["Uploads", "Files"] { _ = unsafe mkdir(name, 0o755) }
        try await asking { app in
            // example: Uploads.md, UploadFolder.swift
            let uploads = try UploadFolder("Uploads")
            app.put("/files/:name") { context in
                let saved = try await context.body.save(to: context.parameters.require("name"), in: uploads)
                return Response(.created, text: "\(saved.count) bytes\n")
            }
            // end
            // example: Uploads.md
            let videos = app.group("/videos", options: RouteOptions(bodyLimit: 4 << 30))
            videos.put("/:name") { context in
                let name = try context.parameters.require("name", as: String.self)
                let saved = try await context.body.save(to: name, in: uploads, .init(replaces: true, syncs: true))
                return "\(saved.count)"
            }
            // end
        } test: { ask async throws in
            #expect(try await ask("/files/empty", method: "PUT").status == 201)
            #expect(try await ask("/files/empty", method: "PUT").status == 409)
            #expect(try await ask("/videos/empty", method: "PUT").content == "0")
        }
        try await asking { app in
            // example: Uploads.md, Routes+Uploads.swift
            let folder = try UploadFolder("Files")
            try app.uploads("/files/**", to: folder)
            try app.files("/files/**", from: "Files")
            // end
            // example: Uploads.md
            let members = app.group("/members", RequireKey())
            try members.uploads("/files/**", to: folder, at: "/uploads")
            // end
        } test: { ask async throws in
            let made = try await ask("/files/a", "Upload-Complete: ?0", "Content-Length: 0", method: "POST")
            #expect(made.status == 201 && made.head.contains("Location: /uploads/"))
            #expect(try await ask("/members/files/a", method: "PUT").status == 401)
            let member = try await ask(
                "/members/files/a", "Authorization: key", "Upload-Complete: ?0", "Content-Length: 0", method: "POST")
            #expect(member.status == 201 && member.head.contains("Location: /members/uploads/"))
        }
    }

    @Test("parts, names of files, and JSON by themselves")
    func codecs() throws {
        let content = Array(
            "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n".utf8)
        // example: MultipartParser.swift
        var parser = try MultipartParser(contentType: "multipart/form-data; boundary=x")
        var names: [String] = []
        var offset = 0
        reading: while true {
            let step = try unsafe parser.parse(content.span.bytes.extracting(offset..<content.count))
            switch step.event {
            case .part(let head): names.append(head.name ?? "")
            case .content, .partEnd: break
            case .needMore, .end: break reading
            }
            offset += step.consumed
        }
        try parser.finish()
        // end
        #expect(names == ["a"])

        // example: ContentDisposition.swift
        let part = ContentDisposition(#"form-data; name="photo"; filename="..\\..\\me.jpg""#)
        print(part?.name ?? "", part?.safeFilename ?? "")  // photo me.jpg
        // end
        #expect(part?.name == "photo" && part?.safeFilename == "me.jpg")

        // example: JSONScan.swift
        let text = #"{"a": 1, "a": 2}"#
        do throws(JSONError) {
            try unsafe JSONScan.check(text.utf8Span.span.bytes)
        } catch {
            print(error)  // the JSON is wrong in line 1, column 10: the object has this name already
        }
        // end
        #expect(throws: JSONError.self) { try unsafe JSONScan.check(text.utf8Span.span.bytes) }
    }
}

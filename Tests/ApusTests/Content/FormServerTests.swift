import Glibc
import Testing

@testable import Apus

@Suite("Forms of requests")
struct FormServerTests {
    struct Profile: Decodable {
        var name: String
        var age: Int
        var photo: UploadedFile?
        var papers: [UploadedFile]
    }

    private static func part(_ name: String, _ content: [UInt8], file: String? = nil) -> [UInt8] {
        let filename = file.map { "; filename=\"\($0)\"\r\nContent-Type: image/png" } ?? ""
        let head = "--B\r\nContent-Disposition: form-data; name=\"\(name)\"\(filename)\r\n\r\n"
        return Array(head.utf8) + content + Array("\r\n".utf8)
    }

    private static func part(_ name: String, _ text: String, file: String? = nil) -> [UInt8] {
        part(name, Array(text.utf8), file: file)
    }

    private static let end = Array("--B--\r\n".utf8)

    private static func post(
        _ path: String, _ body: [UInt8], type: String = "multipart/form-data; boundary=B", chunk: Int? = nil
    ) -> [UInt8] {
        let head = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\n"
        guard let chunk else { return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body }
        var message = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
        for start in stride(from: 0, to: body.count, by: chunk) {
            let piece = body[start..<min(body.count, start + chunk)]
            message += Array((String(piece.count, radix: 16) + "\r\n").utf8) + piece + Array("\r\n".utf8)
        }
        return message + Array("0\r\n\r\n".utf8)
    }

    private func serve(_ test: (SocketAddress) throws -> Void) async throws {
        try await serving(
            { _ in },
            { app in
                app.post("/sync") { context in
                    let form = try context.form()
                    let fields = form.fields.pairs.map { "\($0.name)=\($0.value)" }
                    return (fields + form.files.map { "\($0.filename):\($0.count):\($0.isOnDisk)" }).joined(
                        separator: " ")
                }
                app.post("/async") { context in
                    var options = FormOptions()
                    options.memoryPerFile = 1000
                    let form = try await context.form(options)
                    var lines = form.fields.pairs.map { "\($0.name)=\($0.value)" }
                    for file in form.files {
                        let sum = try await file.bytes().reduce(0) { $0 &+ Int($1) }
                        lines.append("\(file.filename):\(file.count):\(file.isOnDisk):\(sum)")
                    }
                    return lines.joined(separator: " ")
                }
                app.post("/profile") { context in
                    let profile = try await context.form(as: Profile.self)
                    return "\(profile.name) \(profile.age) \(profile.photo?.filename ?? "-") \(profile.papers.count)"
                }
                app.post("/content") { context in
                    let value = try context.content(as: [String: Int].self)
                    return value.sorted { $0.key < $1.key }.map { "\($0)\($1)" }.joined()
                }
                app.get("/query") { context in
                    struct Page: Decodable { var q: String, page: Int?, tags: [String] }
                    let page = try context.query(as: Page.self)
                    return "\(page.q) \(page.page ?? 1) \(page.tags)"
                }
                app.post("/parts") { context in
                    var lines: [String] = []
                    for try await part in try context.multipart() {
                        guard part.head.filename == nil else {
                            lines.append("passed")
                            continue
                        }
                        lines.append(String(decoding: try await part.collect(upTo: 100), as: UTF8.self))
                    }
                    return lines.joined(separator: ",")
                }
                app.post("/first") { context in
                    let part = try await context.multipart().next()
                    return part?.head.name ?? "none"
                }
            }
        ) { address in try test(address) }
    }

    @Test("both kinds of forms are read by both kinds of handlers, however the content is cut")
    func kinds() async throws {
        let photo = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        let sum = photo.reduce(0) { $0 + Int($1) }
        let body =
            Self.part("a", "1 é") + Self.part("f", photo, file: "..\\me.png") + Self.part("b", "") + Self.end
        try await serve { address in
            let client = try RawClient(address)
            for chunk in [nil, 1, 7, 1000] {
                client.send(Self.post("/sync", body, chunk: chunk))
                #expect(try client.response().text == "a=1 é b= ..\\me.png:5000:false")
                client.send(Self.post("/async", body, chunk: chunk))
                #expect(try client.response().text == "a=1 é b= ..\\me.png:5000:true:\(sum)")
            }
            let small = Self.part("f", Array(photo[..<1000]), file: "s") + Self.end
            client.send(Self.post("/async", small))
            #expect(try client.response().text.hasPrefix("s:1000:false:"))
            for path in ["/sync", "/async"] {
                client.send(Self.post(path, Array("a=1+%C3%A9&b".utf8), type: "application/x-www-form-urlencoded"))
                #expect(try client.response().text == "a=1 é b=")
                // A file field that was left empty.
                client.send(Self.post(path, Self.part("f", "", file: "") + Self.end))
                #expect(try client.response().text == "")
                client.send(Self.post(path, Array("x".utf8), type: "text/plain"))
                #expect(try client.response().status == 415)
            }
        }
    }

    @Test("a form becomes a value with its files; what is wrong is told field by field")
    func typed() async throws {
        try await serve { address in
            let client = try RawClient(address)
            let whole =
                Self.part("name", "Ada") + Self.part("age", "36") + Self.part("photo", "png", file: "me.png")
                + Self.part("papers", "1", file: "1") + Self.part("papers", "2", file: "2") + Self.end
            client.send(Self.post("/profile", whole))
            #expect(try client.response().text == "Ada 36 me.png 2")
            client.send(Self.post("/profile", Self.part("name", "Ada") + Self.part("age", "36") + Self.end))
            #expect(try client.response().text == "Ada 36 - 0")
            client.send(Self.post("/profile", Self.part("age", "x") + Self.part("photo", "text") + Self.end))
            let answer = try client.response()
            #expect(answer.status == 422)
            #expect(answer["content-type"] == "application/problem+json")
            for part in [#""field":"name","#, #""field":"age","#, "is a text: send a file"] {
                #expect(answer.text.contains(part), "\(answer.text)")
            }
        }
    }

    @Test("content is decoded as what the client says it is, and a query as a form")
    func content() async throws {
        try await serve { address in
            let client = try RawClient(address)
            client.send(Self.post("/content", Array(#"{"a":1,"b":2}"#.utf8), type: "application/json"))
            #expect(try client.response().text == "a1b2")
            client.send(Self.post("/content", Array("a=1&b=2".utf8), type: "application/x-www-form-urlencoded"))
            #expect(try client.response().text == "a1b2")
            client.send(Self.post("/content", Self.part("a", "1") + Self.end))
            #expect(try client.response().text == "a1")
            client.send(Self.post("/content", Array("a".utf8), type: "text/csv"))
            #expect(try client.response().status == 415)
            client.send("GET /query?q=a+b&tags=x&tags=y HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == #"a b 1 ["x", "y"]"#)
            client.send("GET /query?page=x HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.response()
            #expect(answer.status == 422 && answer.text.contains("\"q\"") && answer.text.contains("\"page\""))
        }
    }

    @Test("parts are read in their order; one that is not read is passed")
    func parts() async throws {
        let long = [UInt8](repeating: 0x61, count: 1 << 20)
        try await serve { address in
            let client = try RawClient(address)
            let body = Self.part("a", "1") + Self.part("f", long, file: "f") + Self.part("b", "2") + Self.end
            client.sendInBackground(Self.post("/parts", body))
            #expect(try client.response().text == "1,passed,2")
            client.send(Self.post("/first", Self.part("x", "1") + Self.part("y", "2") + Self.end))
            #expect(try client.response().text == "x")
            client.send(Self.post("/parts", Array("--m\r\n\r\nx\r\n--m--".utf8), type: "multipart/mixed; boundary=m"))
            #expect(try client.response().text == "x")
            client.send(Self.post("/parts", Self.part("a", String(repeating: "x", count: 101)) + Self.end))
            #expect(try client.response().status == 413)
        }
    }

    @Test("hostile forms get the right 4xx: no end, too many parts, injected heads, no UTF-8, no name, no boundary")
    func hostile() async throws {
        let many = (0..<10_000).flatMap { _ in Self.part("a", "1") } + Self.end
        let injected = Self.part("a\"; filename=\"b\r\nX: y", "1") + Self.end
        let table: [([UInt8], Int)] = [
            (Self.part("a", "1"), 400), (Self.part("a", "1") + Array("--B-".utf8), 400), ([], 400), (many, 413),
            (injected, 400), (Self.part("a", [0xFF, 0xFE]) + Self.end, 400),
            (Array("--B\r\n\r\nx\r\n--B--".utf8), 400),
            (Array("--B\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--B--".utf8), 400),
            (Array("--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--B--".utf8), 400),
            (Self.part(String(repeating: "n", count: 10_000), "1") + Self.end, 413),
            (Self.part("a", [UInt8](repeating: 0x61, count: (1 << 20) + 1)) + Self.end, 413),
        ]
        try await serve { address in
            for (body, status) in table {
                for path in ["/sync", "/async"] {
                    let client = try RawClient(address)
                    client.sendInBackground(Self.post(path, body))
                    #expect(
                        try client.response().status == status, "\(String(decoding: body.prefix(80), as: UTF8.self))")
                }
            }
            let client = try RawClient(address)
            client.send(Self.post("/sync", [], type: "multipart/form-data"))
            #expect(try client.response().status == 400)
            for path in ["/sync", "/async"] {
                client.send(Self.post(path, Array("a=%ff".utf8), type: "application/x-www-form-urlencoded"))
                #expect(try client.response().status == 400)
            }
            let fields = Array((0...1000).map { "a\($0)" }.joined(separator: "&").utf8)
            for path in ["/sync", "/async"] {
                client.send(Self.post(path, fields, type: "application/x-www-form-urlencoded"))
                #expect(try client.response().status == 413)
            }
        }
    }
}

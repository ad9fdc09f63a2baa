import Apus
import ApusHTTP
import Testing

/// Every call that takes a text from which a field of a response comes, with texts that would begin another.
@Suite("Nothing that a handler takes from a client becomes a field, an event or a page", .timeLimit(.minutes(1)))
struct HeaderInjectionTests {
    private typealias Making = @Sendable (Context, String) throws -> Response

    private static let makings: [(name: String, make: Making)] = [
        ("field", { Response(.ok, [.eTag: $1], text: "x") }),
        (
            "appended",
            {
                var response = Response(text: "x")
                response.fields.append(.cacheControl, $1)
                return response
            }
        ),
        ("type", { Response(.ok, [.contentType: $1], text: "x") }),
        ("redirect", { Response.redirect(to: $1) }),
        (
            "added",
            {
                $0.responseFields[.link] = $1
                return Response(text: "x")
            }
        ),
        (
            "hints",
            {
                $0.sendEarlyHints([.link: $1])
                return Response(text: "x")
            }
        ),
        ("error", { throw HTTPError(.badRequest, $1, fields: [.retryAfter: $1]) }),
        ("upgrade", { throw HTTPError.upgradeRequired(to: $1, $1) }),
        (
            "problem",
            {
                throw ProblemDetails(
                    .conflict, type: $1, title: $1, detail: $1, instance: $1, extensions: ["more": .string($1)],
                    fields: [.link: $1])
            }
        ),
        ("invalid", { throw ProblemDetails.invalid([.init($1, $1)]) }),
        (
            "attachment",
            { Response(.ok, [.contentDisposition: ContentDisposition.attachment(filename: $1).description]) }
        ),
        ("cookie name", { Response(.ok, [.setCookie: try SetCookie($1, "x").description]) }),
        ("cookie value", { Response(.ok, [.setCookie: try SetCookie("a", $1).description]) }),
        ("cookie path", { Response(.ok, [.setCookie: try SetCookie("a", "x", path: $1).description]) }),
        ("cookie domain", { Response(.ok, [.setCookie: try SetCookie("a", "x", domain: $1).description]) }),
        ("tag", { Response(.ok, [.eTag: EntityTag($1)?.description ?? "none"], text: "x") }),
        (
            "trailers",
            { _, text in
                Response { writer in
                    try await writer.write("x")
                    writer.trailers[.eTag] = text
                }
            }
        ),
        (
            "events",
            { _, text in
                Response.events { stream in
                    try await stream.send(ServerEvent(text, type: text, id: text))
                    try await stream.send(ServerEvent.comment(text))
                }
            }
        ),
        (
            "policy",
            {
                var options = SecurityHeaders.Options()
                options.contentSecurityPolicy?.reportsTo = $1
                if let answer = SecurityHeaders(options).before($0) { return answer }
                return Response(text: "x")
            }
        ),
        (
            "challenge",
            {
                let middleware = Authentication.basic(realm: $1) { _, _ in "" as String? }
                return try middleware.before($0) ?? Response(text: "x")
            }
        ),
    ]

    /// Each would begin a field, an event or an answer of its own where it is written as it is.
    private static let texts = [
        "\r\n", "\n", "\r", "\r\n\r\n", "\0", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{D}\u{A} ",
    ]
    .map { "a\($0)X-Injected: 1\($0)event: injected\($0)" }

    @Test("by HTTP/1.1", arguments: makings.map(\.name))
    func http1(name: String) async throws {
        let make = try #require(Self.makings.first { $0.name == name }).make
        try await serving { app in
            for (index, text) in Self.texts.enumerated() { app.get("/\(index)") { try make($0, text) } }
        } test: { address in
            for index in Self.texts.indices {
                let client = try RawClient(address)
                client.send("GET /\(index) HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n")
                let answer = try client.receiveAll()
                #expect(answer.hasPrefix("HTTP/1.1 "))
                // Whoever takes CR, LF or both for the end of a line finds none of these.
                for line in answer.split(whereSeparator: { $0 == "\r\n" || $0 == "\n" || $0 == "\r" }) {
                    #expect(!line.hasPrefix("X-Injected") && !line.hasPrefix("event: injected"), "\(index)")
                }
                let head = answer.prefix(upTo: answer.firstRange(of: "\r\n\r\n")?.lowerBound ?? answer.endIndex)
                for line in head.split(separator: "\r\n").dropFirst() where !line.hasPrefix("HTTP/1.1 200") {
                    #expect(
                        line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } && line.contains(": "))
                }
            }
        }
    }

    @Test("by HTTP/2", arguments: makings.map(\.name))
    func http2(name: String) async throws {
        let make = try #require(Self.makings.first { $0.name == name }).make
        try await serving { app in
            for (index, text) in Self.texts.enumerated() { app.get("/\(index)") { try make($0, text) } }
        } test: { address in
            let client = try FrameClient(address)
            for index in Self.texts.indices {
                let stream = UInt32(1 + 2 * index)
                client.send(Frame.request(stream, "/\(index)"))
                let answer = try client.answer(on: stream)
                #expect(answer.fields["x-injected"] == nil)
                for (name, value) in answer.fields.fields + answer.trailers.fields {
                    #expect(value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(name)")
                }
            }
        }
    }
}

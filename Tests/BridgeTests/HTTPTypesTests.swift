#if HTTPTypes
    import Apus
    import ApusHTTP
    import ApusTesting
    import HTTPTypes
    import Testing

    @Suite("The bridge to swift-http-types")
    struct HTTPTypesTests {
        @Test("fields go there and back in their order, several of a name included")
        func fields() {
            let ours: ApusHTTP.HTTPFields = [.accept: "text/html", .setCookie: "a=1", .init("X-Own")!: "1"]
            var more = ours
            more.append(.setCookie, "b=2")
            let theirs = HTTPTypes.HTTPFields(more)
            #expect(theirs.map { "\($0.name.rawName): \($0.value)" }.count == 4)
            #expect(theirs[values: .setCookie] == ["a=1", "b=2"])
            #expect(ApusHTTP.HTTPFields(theirs) == more)
        }

        @Test("a request's head is what swift-http-types calls one")
        func request() async throws {
            let app = Application()
            app.get("/a/:b") { context -> String in
                let request = context.httpRequest
                let own = request.headerFields[HTTPTypes.HTTPField.Name("X-Own")!] ?? "none"
                let place = [request.scheme, request.authority, request.path].map { $0 ?? "-" }.joined(separator: " ")
                return "\(request.method) \(place) \(own)"
            }
            try await app.test { client in
                let response = try await client.get(
                    "/a/b?c=d", fields: [.host: "example.com", .init("X-Own")!: "mine"])
                #expect(response.text == "GET http example.com /a/b?c=d mine")
            }
        }

        @Test("a response of swift-http-types is sent with its status and fields")
        func response() async throws {
            let app = Application()
            app.get("/") { _ -> Response in
                var head = HTTPResponse(status: .init(code: 299, reasonPhrase: "Odd"))
                head.headerFields[.contentType] = "text/x-own"
                head.headerFields[.location] = "/next"
                return Response(head, body: .text("body"))
            }
            try await app.test { client in
                let response = try await client.get("/")
                #expect(response.status.code == 299)
                #expect(response.fields[.contentType] == "text/x-own")
                #expect(response.fields[.location] == "/next")
                #expect(response.text == "body")
            }
        }
    }
#endif

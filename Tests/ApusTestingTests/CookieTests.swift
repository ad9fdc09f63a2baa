import Apus
import ApusTesting
import Testing

@Suite("Cookies that a test's client keeps", .timeLimit(.minutes(1)))
struct CookieTests {
    private func application() -> Application {
        let app = Application()
        app.get("/set/:name/:value") { context in
            let name: String = try context.parameters.require("name")
            let value: String = try context.parameters.require("value")
            let cookie = try SetCookie(name, value, path: context.query["path"] ?? "/")
            return Response(.noContent, [.setCookie: cookie.description])
        }
        app.get("/remove/:name") { context in
            let removal = try SetCookie.removal(of: context.parameters.require("name"))
            return Response(.noContent, [.setCookie: removal.description])
        }
        app.get("/folder/own") { _ in Response(.noContent, [.setCookie: "place=folder"]) }
        app.get("/**") { context in context.field(.cookie) ?? "none" }
        return app
    }

    @Test("are sent back, replaced, and removed", arguments: bothCarriers)
    func kept(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let browser = client.keepingCookies()
            let response = try await browser.get("/set/a/1")
            #expect(response.setCookies["a"] == "1; Path=/; Secure; HttpOnly; SameSite=Lax")
            _ = try await browser.get("/set/b/2")
            #expect(try await browser.get("/look").text == "a=1; b=2")
            _ = try await browser.get("/set/a/3")
            #expect(browser.cookies == ["a": "3", "b": "2"])
            _ = try await browser.get("/remove/b")
            #expect(try await browser.get("/look").text == "a=3")
            #expect(try await client.get("/look").text == "none")
            #expect(try await client.keepingCookies().get("/look").text == "none")
        }
    }

    @Test("go with the paths that they are for, the longest first")
    func paths() async throws {
        try await application().test { client async throws in
            let browser = client.keepingCookies()
            _ = try await browser.get("/set/a/root")
            _ = try await browser.get("/set/a/deep?path=/deep")
            _ = try await browser.get("/folder/own")
            #expect(try await browser.get("/deep/x").text == "a=deep; a=root")
            #expect(try await browser.get("/deeper").text == "a=root")
            #expect(try await browser.get("/folder/x").text == "place=folder; a=root")
            #expect(try await browser.get("/folders").text == "a=root")
        }
    }

    @Test("give way to a Cookie field of the request's own")
    func own() async throws {
        try await application().test { client async throws in
            let browser = client.keepingCookies()
            _ = try await browser.get("/set/a/1")
            #expect(try await browser.get("/look", fields: [.cookie: "b=2"]).text == "b=2")
        }
    }
}

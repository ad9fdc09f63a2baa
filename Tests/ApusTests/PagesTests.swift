import Testing

@testable import Apus

@Suite("Pages")
struct PagesTests {
    @Test("the welcome page loads nothing from elsewhere, and runs no script")
    func selfContained() {
        let html = WelcomePage.html
        #expect(html.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
        #expect(html.hasSuffix("</html>\n"))
        for outside in ["src=", "@import", "url(", "<script", "href=\"http", "//fonts"] {
            #expect(!html.contains(outside), "\(outside)")
        }
        #expect(html.contains("prefers-color-scheme: dark"))
        #expect(html.contains("prefers-reduced-motion"))
    }

    @Test(
        "the welcome page names every route of the demo",
        arguments: [
            "/plaintext", "/async", "/json", "/users/:id", "/sleep/:ms", "/big/:mebibytes", "/files/**", "/echo",
        ])
    func routes(path: String) {
        #expect(WelcomePage.html.contains("<code>\(path)</code>"))
    }

    @Test("what an error page says is text, whatever is in it")
    func escaping() {
        let html = StatusPage.html(code: 404, title: "Not <Found>", detail: "no route for /<script>\"&'")
        #expect(html.contains("<title>404 Not &lt;Found&gt;</title>"))
        #expect(html.contains("<p>no route for /&lt;script&gt;&quot;&amp;&#39;</p>"))
        #expect(!html.contains("<script"))
    }

    @Test("an error page without a detail has no empty paragraph")
    func noDetail() {
        #expect(!StatusPage.html(code: 500, title: "Internal Server Error", detail: "").contains("<p>"))
    }
}

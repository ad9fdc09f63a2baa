/// The page that a browser gets with an error.
enum StatusPage {
    /// What the page may load: its own style, and nothing else.
    static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// The page of a problem.
    static func html(_ problem: ProblemDetails) -> String {
        html(
            code: problem.status.rawValue, title: problem.title ?? "\(problem.status.reasonPhrase)",
            detail: problem.detail ?? "",
            items: problem.invalidFields.prefix(ProblemDetails.mostErrors).map { "\($0.name): \($0.message)" })
    }

    /// A whole page, self-contained, light or dark as the reader's system is.
    ///
    /// - Parameters:
    ///   - code: the status code.
    ///   - title: the reason phrase, as text.
    ///   - detail: what happened and what to do, as text; may be empty.
    ///   - items: a list below it, as text; may be empty.
    static func html(code: Int, title: String, detail: String, items: [String] = []) -> String {
        let title = HTML.escaped(title)
        var paragraph = detail.isEmpty ? "" : "<p>\(HTML.escaped(detail))</p>"
        if !items.isEmpty { paragraph += "<ul>\(items.map { "<li>\(HTML.escaped($0))</li>" }.joined())</ul>" }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(code) \(title)</title>
            <style>
            body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #fdfcf9; color: #17242f;
              font: 1.0625rem/1.6 system-ui, "Segoe UI", sans-serif }
            main { width: min(34rem, 100% - 3rem); padding: 3rem 0 }
            p { margin: .5rem 0 0; overflow-wrap: anywhere }
            h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -.02em }
            h1 span { display: block; font-size: 1.25rem; letter-spacing: 0; color: #a3401a }
            @media (prefers-color-scheme: dark) { body { background: #10171d; color: #e9eef1 } h1 span { color: #f2a272 } }
            </style>
            </head>
            <body><main><h1><span>\(code)</span> \(title)</h1>
            \(paragraph)</main></body>
            </html>

            """
    }
}

import Apus
import FoundationEssentials

/// The page, what it listens to, and where it says something.
func application(_ hub: EventHub, _ configuration: ServerConfiguration = ServerConfiguration()) -> Application {
    let app = Application(configuration)
    var headers = SecurityHeaders.Options.pages
    headers.contentSecurityPolicy = pagePolicy
    app.use(SecurityHeaders(headers))
    app.get("/") { context in
        Response(.ok, [.contentType: "\(ContentType.html)"], body: .text(page(nonce: context.cspNonce)))
    }
    app.get("/events") { context in hub.response(to: context) }
    let saying = app.group(options: RouteOptions(bodyLimit: 2000))
    saying.post("/say") { context in
        let text = try context.text()
        guard !text.isEmpty else { throw HTTPError(.badRequest, "nothing was said: send text") }
        hub.publish(ServerEvent(text, type: "said"))
        return Status.accepted
    }
    return app
}

/// Tells everyone the time, each second.
func tick(_ hub: EventHub) async {
    while !Task.isCancelled {
        let now = IMFDate(secondsSince1970: Int64(Date.now.timeIntervalSince1970))
        hub.publish(ServerEvent("\(now)", type: "tick"), isKept: false)
        try? await Task.sleep(for: .seconds(1))
    }
}

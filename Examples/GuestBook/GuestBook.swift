import Apus
import Synchronization

/// A line in the book.
struct Entry: Codable, Equatable, Sendable {
    var id: Int
    var name: String
    var text: String
}

/// What a guest sends, as a form or as JSON; the name is needed once.
private struct Draft: Decodable {
    var name: String?
    var text: String
}

extension SessionKey {
    static var name: SessionKey<String> { SessionKey<String>("name") }
}

/// The last hundred entries. Any thread.
final class Book: Sendable {
    private struct State {
        var entries: [Entry] = []
        var last = 0
    }
    private let state = Mutex(State())

    var entries: [Entry] { state.withLock { $0.entries } }

    func add(_ text: String, by name: String) -> Entry {
        state.withLock { state in
            state.last += 1
            let entry = Entry(id: state.last, name: name, text: text)
            state.entries = state.entries.suffix(99) + [entry]
            return entry
        }
    }

    func strike(_ id: Int) -> Bool {
        state.withLock { state in
            let count = state.entries.count
            state.entries.removeAll { $0.id == id }
            return state.entries.count < count
        }
    }
}

/// A guest book whose surroundings (addresses, sessions, limits, who may strike entries out, metrics, health, logs) are its
/// configuration's matter; only what is the book's own stands here:
///
/// ```
/// GET /              a page to write from
/// GET /entries       all of them, as JSON
/// POST /entries      one more: text, and name unless the guest has said it before
/// DELETE /entries/1  for the warden
/// GET /feed          new entries as Server-Sent Events
/// ```
func guestBook(_ configuration: Configuration) throws -> Application {
    let app = try Application(configuration)
    let book = Book()
    let feed = EventHub(history: 100)

    app.get("/") { _ in Response(.ok, [.contentType: "\(ContentType.html)"], body: .text(page)) }
    app.get("/entries") { _ in book.entries }
    app.get("/feed") { context in feed.response(to: context) }
    app.post("/entries") { context async throws in
        let draft = try await context.content(as: Draft.self)
        let session = try await context.session()
        let known = session[.name]
        let name = draft.name.flatMap { $0.isEmpty ? nil : $0 } ?? known ?? ""
        var invalid: [ProblemDetails.InvalidField] = []
        if !(1...40).contains(name.count) { invalid.append(.init("name", "must have 1 to 40 letters")) }
        if !(1...500).contains(draft.text.count) { invalid.append(.init("text", "must have 1 to 500 letters")) }
        guard invalid.isEmpty else { throw ProblemDetails.invalid(invalid) }
        if known != name { session[.name] = name }
        let entry = book.add(draft.text, by: name)
        try feed.publish(json: entry, type: "entry")
        return JSON(entry, status: .created)
    }
    app.delete("/entries/:id") { context in
        let id: Int = try context.parameters.require("id")
        guard book.strike(id) else {
            throw HTTPError(.notFound, "there is no entry \(id): GET /entries shows those there are")
        }
        return Status.noContent
    }
    return app
}

/// A form alone, without script, so that the strictest policy holds.
private let page = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Guest book</title>
    <h1>Guest book</h1>
    <form method="post" action="/entries">
      <p><label>Name <input name="name" maxlength="40" autocomplete="nickname"></label></p>
      <p><label>Text <input name="text" required maxlength="500"></label></p>
      <p><button>Sign</button></p>
    </form>
    <p><a href="/entries">All entries</a></p>
    </html>

    """

import Apus

/// What the service runs with.
struct NotesOptions: Sendable {
    var port: UInt16 = 8083
    var loops: Int?
    /// Passwords by their users; each is the user's token for the API as well.
    var users = ["ada": "lovelace", "grace": "hopper"]
    /// Where the Redis is that several nodes share sessions and rate limits in; nil has them in this process.
    var redis: String?
    /// The file of the access log; nil is standard output.
    var accessLog: String?
    /// Where pictures lie while they come.
    var temporaryFolder = "/tmp"
    /// How often one address may try to sign in, in a minute.
    var loginsPerMinute = 20
}

extension SessionKey {
    static var user: SessionKey<String> { SessionKey<String>("user") }
}

/// Who uses the service, by session or by token.
struct Account: Sendable { var name: String }

/// What the sign-in form sends.
private struct Login: Decodable { var user: String, password: String }

/// What the picture's form sends.
private struct Picture: Decodable { var picture: UploadedFile }

/// What `GET /notes` may be asked with.
private struct Search: Decodable { var words: String?, limit: Int? }

/// Notes behind a sign-in, with all that a service has around its routes in production:
///
/// ```
/// GET /                              forms to try it with
/// POST /login, POST /logout          a session, by an HTML form
/// GET /notes?words=…&limit=…         one's notes, as JSON
/// POST /notes                        a new note, as JSON or as a form
/// GET, PUT, DELETE /notes/ID         one note; to change it needs If-Match with the tag of what was read
/// GET, PUT /notes/ID/picture         its picture, sent as multipart/form-data
/// GET /metrics, /health/ready        for who watches over it
/// ```
func notes(_ options: NotesOptions, _ server: ServerConfiguration? = nil) throws -> Application {
    var configuration = server ?? ServerConfiguration(port: options.port)
    if server == nil { configuration.loops = LoopGroup.Options(loops: options.loops) }
    let app = Application(configuration)
    app.logRequests(to: try AccessLog(to: options.accessLog.map { .file($0) } ?? .standardOutput, .combined))

    // The first is the outermost.
    app.use(
        RequestIdentity(), SecurityHeaders(), try CORS(origins: ["https://notes.example"], credentials: true),
        Compression(), Decompression(), ETags())
    let health = Health()
    let shared = SharedStores(options, health)
    app.serveHealth(health)
    app.serveMetrics()

    let store = NoteStore()
    let site = app.group("", inside: [shared.sessions])
    site.get("/") { _ in
        Response(.ok, [.contentType: "text/html; charset=utf-8"], body: .text(NotesPage.html))
    }
    registerSessions(on: site, options, shared)
    let notes = site.group(
        "/notes",
        Authentication.bearer(realm: "notes", isRequired: false) { token, _ in
            // As many comparisons whoever it is, each in constant time.
            SecretTable(Dictionary(uniqueKeysWithValues: options.users.map { ($0.value, Account(name: $0.key)) }))[
                token]
        },
        RequestTimeout(.seconds(10)), Bulkhead(limit: 200, queue: 1000))
    register(store, on: notes, options)
    return app
}

private func registerSessions(on site: RouteGroup, _ options: NotesOptions, _ shared: SharedStores) {
    site.group("", inside: [shared.loginLimit]).post("/login") { context async throws in
        let login = try await context.form(as: Login.self)
        var isRight = false
        for (user, password) in options.users {
            if BasicCredentials(user: login.user, password: login.password).matches(user: user, password: password) {
                isRight = true
            }
        }
        guard isRight else { throw HTTPError(.forbidden, "the name or the password is wrong") }
        let session = try await context.session()
        // An id that somebody else may have planted is worthless from now on.
        session.regenerate()
        session[.user] = login.user
        return Response.redirect(to: "/notes")
    }
    site.post("/logout") { context async throws in
        try await context.session().destroy()
        return Response.redirect(to: "/")
    }
}

/// Who asks: the token's owner, or the session's; 401 for nobody.
private func owner(_ context: Context) async throws -> String {
    if let account = context.identity(Account.self) { return account.name }
    if let user = try await context.session()[.user] { return user }
    return try context.requireIdentity(Account.self).name
}

private func register(_ store: NoteStore, on notes: RouteGroup, _ options: NotesOptions) {
    @Sendable func found(_ context: Context) async throws -> (note: Note, owner: String) {
        let owner = try await owner(context)
        guard let note = store.note(try context.parameters.require("id"), of: owner) else { throw HTTPError(.notFound) }
        return (note, owner)
    }
    @Sendable func answer(_ note: Note?, _ context: Context, _ status: Status = .ok) throws -> Response {
        guard let note else { throw HTTPError(.preconditionFailed, "somebody else has changed it: read it again") }
        var response = try JSON(note, status: status).response(to: context)
        response.fields[.eTag] = note.tag?.description
        return response
    }

    notes.get("") { context async throws in
        let search = try context.query(as: Search.self)
        let all = store.list(of: try await owner(context), with: search.words ?? "")
        return JSON(Array(all.prefix(max(0, search.limit ?? 100))))
    }
    notes.post("") { context async throws in
        let owner = try await owner(context)
        let draft = try await context.content(as: NoteDraft.self)
        try draft.check()
        let note = try store.add(draft, of: owner)
        var response = try answer(note, context, .created)
        response.fields[.location] = "/notes/\(note.id)"
        return response
    }
    notes.get("/:id") { context async throws in try answer(try await found(context).note, context) }

    // What changes a note says which one it has seen.
    var strict = ETags.Options()
    strict.requiresConditions = true
    let one = notes.group("/:id", ETags(strict))
    one.put("") { context async throws in
        let (note, owner) = try await found(context)
        try context.checkPreconditions(against: Preconditions.State(entityTag: note.tag))
        let draft = try await context.content(as: NoteDraft.self)
        try draft.check()
        let changed = store.change(note, of: owner) {
            ($0.title, $0.text, $0.isDone) = (draft.title, draft.text ?? "", draft.isDone ?? false)
        }
        return try answer(changed, context)
    }
    one.delete("") { context async throws in
        let (note, owner) = try await found(context)
        try context.checkPreconditions(against: Preconditions.State(entityTag: note.tag))
        store.remove(note, of: owner)
        return Status.noContent
    }
    var form = FormOptions()
    form.temporaryFolder = options.temporaryFolder
    form.mostFileBytes = 64 << 20
    let limits = form
    notes.group(options: RouteOptions(bodyLimit: 128 << 20)).put("/:id/picture") { context async throws in
        let (note, owner) = try await found(context)
        let picture = try await context.form(as: Picture.self, limits).picture
        let bytes = try await picture.bytes(upTo: 1 << 20)
        let changed = store.change(note, of: owner, picture: bytes) { $0.picture = picture.safeFilename ?? "picture" }
        return try answer(changed, context)
    }
    notes.get("/:id/picture") { context async throws in
        let (note, owner) = try await found(context)
        guard let picture = store.picture(note.id, of: owner) else { throw HTTPError(.notFound) }
        let disposition = ContentDisposition.attachment(filename: picture.name)
        return Response(
            .ok, [.contentType: "application/octet-stream", .contentDisposition: disposition.description],
            body: .bytes(picture.bytes))
    }
}

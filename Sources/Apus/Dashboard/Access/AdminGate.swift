import ApusHTTP
import ApusNet

/// Who is let in to the admin listener: stands around all its routes.
///
/// | What comes | What it gets |
/// |---|---|
/// | a Host that is no literal address, `localhost` or known name | 403: it may be a name that was bent to here |
/// | an Origin other than the Host, or a fetch from another site | 403 |
/// | a change without `X-Apus-Admin` or a token in Authorization | 403: a form of another page could send it |
/// | no token, or a wrong one, where there is one | 401 |
///
/// Where there is a token, a connection that does not show it ends with its answer: places are for who is let in.
struct AdminGate: RequestMiddleware {
    let options: AdminOptions
    let sessions: AdminSessions
    /// Told of a token that was wrong, with who sent it.
    let onRefusal: @Sendable (String) -> Void

    /// What stands on every answer.
    private static let fields = FieldBlock([
        .contentSecurityPolicy: DashboardPage.policy, .xContentTypeOptions: "nosniff", .xFrameOptions: "DENY",
        .referrerPolicy: "no-referrer", .cacheControl: "no-store",
        HTTPField.Name("Cross-Origin-Opener-Policy")!: "same-origin",
        HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
    ])

    /// The paths that show nothing of the server: what the page is made of, and where the token is shown.
    private static let open: Set<String> = ["/dashboard.css", "/dashboard.js", "/icon.svg", "/api/session"]

    func before(_ context: Context) throws -> Response? {
        context.add(Self.fields)
        try checkHost(context)
        try checkOrigin(context)
        let shown = token(of: context)
        if !context.method.isSafe, shown == nil, context.field(.apusAdmin) == nil {
            throw HTTPError(.forbidden, "what changes something needs the field X-Apus-Admin: send X-Apus-Admin: 1")
        }
        guard let token = options.token else { return nil }
        if let shown {
            if ConstantTime.isEqual(shown, to: token) { return nil }
            onRefusal(context.remoteAddress?.description ?? "someone who is gone")
        } else if let session = context.cookies[AdminSessions.cookie(for: context)], sessions.isKnown(session) {
            return nil
        }
        context.responseFields[.connection] = "close"
        if Self.open.contains(context.path) { return nil }
        // The page itself asks for the token.
        if context.path == "/", context.method.isSafe {
            var page = DashboardPage.response(.unauthorized)
            page.fields[.wwwAuthenticate] = Self.challenge
            return page
        }
        throw HTTPError(
            .unauthorized, "show the token: Authorization: Bearer …", fields: [.wwwAuthenticate: Self.challenge])
    }

    /// What a 401 has to say (RFC 9110, 15.5.2).
    static let challenge = "Bearer realm=\"apus admin\""

    private func checkHost(_ context: Context) throws(HTTPError) {
        guard let authority = AdminAuthority(context.authority) else {
            throw HTTPError(.forbidden, "there is no Host to be sure of: ask for the address that is listened on")
        }
        let host = authority.host
        if host == "localhost" || host.hasSuffix(".localhost") || AdminPlace(host: host).isLiteral { return }
        guard !options.names.contains(where: { $0.lowercased() == host }) else { return }
        throw HTTPError(
            .forbidden,
            "this is not \(host): ask for the address, or add the name to admin.names if the server should answer to it"
        )
    }

    private func checkOrigin(_ context: Context) throws(HTTPError) {
        if let origin = context.field(.origin) {
            guard let theirs = AdminAuthority(origin: origin), theirs == AdminAuthority(context.authority) else {
                throw HTTPError(.forbidden, "pages of other origins may not ask: open the dashboard itself")
            }
        }
        // Browsers say where a request is from (Fetch Metadata); a link to the dashboard may stand anywhere.
        guard let site = context.field(.secFetchSite), site != "same-origin", site != "none" else { return }
        let isNavigation = context.field(.secFetchMode) == "navigate" && context.path == "/" && context.method.isSafe
        guard isNavigation else {
            throw HTTPError(.forbidden, "pages of other sites may not ask: open the dashboard itself")
        }
    }

    /// What stands in Authorization as a bearer's token (RFC 6750, 2.1).
    private func token(of context: Context) -> String? {
        guard let value = context.field(.authorization), value.prefix(7).lowercased() == "bearer " else { return nil }
        return String(value.dropFirst(7).drop { $0 == " " })
    }
}

extension HTTPField.Name {
    /// What a form of another page can't send.
    static let apusAdmin = HTTPField.Name("X-Apus-Admin")!
    fileprivate static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    fileprivate static let secFetchMode = HTTPField.Name("Sec-Fetch-Mode")!
}

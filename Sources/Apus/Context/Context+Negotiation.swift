public import ApusHTTP

extension Context {
    /// What media types the client would like (RFC 9110, 12.5.1).
    public var accept: Accept { Accept(field(.accept)) }

    /// The media type that the client likes best; among equals the first. The answer then says that it depends on that
    /// (`Vary: Accept`).
    ///
    /// ```swift
    /// app.get("/report") { context in
    ///     switch try context.negotiate("text/csv", "application/json") {
    ///     case "text/csv": Response(.ok, [.contentType: "text/csv"], body: .text("name,age\nAda,36\n"))
    ///     default: try JSON(["Ada": 36]).response(to: context)
    ///     }
    /// }
    /// ```
    ///
    /// - Parameter types: What can be answered, the one to prefer first.
    /// - Returns: One of `types`; the first when the client has no preference.
    /// - Throws: 406 that names the types when the client takes none of them (RFC 9110, 15.5.7).
    public func negotiate(_ types: String...) throws(HTTPError) -> String {
        addVary("Accept")
        guard let best = accept.best(of: types) else {
            throw HTTPError(.notAcceptable, "this can be had as \(types.joined(separator: ", ")): accept one of these")
        }
        return best
    }

    /// The language that the client likes best (RFC 9110, 12.5.4; RFC 4647). The answer then says that it depends on
    /// that (`Vary: Accept-Language`).
    ///
    /// - Parameter languages: What can be answered, as language tags; at least one.
    /// - Returns: One of `languages`; the first when the client would like none of them.
    public func negotiateLanguage(_ languages: String...) -> String {
        addVary("Accept-Language")
        return AcceptLanguage(field(.acceptLanguage)).best(of: languages) ?? languages.first ?? ""
    }

    private func addVary(_ name: String) {
        guard !responseFields[values: .vary].contains(name) else { return }
        ensureExtras().responseFields.append(.vary, name)
    }
}

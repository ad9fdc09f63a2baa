public import ApusHTTP

extension Context {
    /// The cookies that the client sent.
    public var cookies: Cookies {
        if let cookies = extras?.cookies { return cookies }
        let cookies = Cookies(field(.cookie) ?? "")
        ensureExtras().cookies = cookies
        return cookies
    }

    /// The content of an HTML form: `application/x-www-form-urlencoded`, or `multipart/form-data` with its files.
    ///
    /// - Parameter options: How much it may hold, and where long files go meanwhile.
    /// - Returns: The form.
    /// - Throws: `HTTPError`: 415 when the client says it is none, 400 when it is malformed, 413 beyond a limit, 507 when
    ///   there is no room for its files.
    public func form(_ options: FormOptions = FormOptions()) async throws -> Form {
        guard try isMultipartForm() else { return try Form(urlEncoded: await body.collect(), options) }
        let reader = try MultipartReader(field(.contentType), form: true, options.multipart)
        return try await FormReader.read(MultipartParts(body, reader), options)
    }

    /// The content of an HTML form, which has arrived when a synchronous handler is called. Its files are in memory.
    ///
    /// - Parameter options: How much it may hold.
    /// - Returns: The form.
    /// - Throws: `HTTPError`: 415 when the client says it is none, 400 when it is malformed, 413 beyond a limit.
    public func form(_ options: FormOptions = FormOptions()) throws -> Form {
        guard try isMultipartForm() else { return try Form(urlEncoded: body.collect(), options) }
        let reader = try MultipartReader(field(.contentType), form: true, options.multipart)
        return try FormReader.read(body.collect(), reader, options)
    }

    /// The content of an HTML form as a value of a type of one's own: ``Form/decode(as:)``.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - options: How much the form may hold, and where long files go meanwhile.
    /// - Returns: The value.
    /// - Throws: ``ProblemDetails`` with 422 that names the fields which are wrong, and as `form()`.
    public func form<Value: Decodable>(
        as type: Value.Type = Value.self, _ options: FormOptions = FormOptions()
    ) async throws -> Value { try await form(options).decode(as: type) }

    /// The content of an HTML form as a value of a type of one's own: ``Form/decode(as:)``. For a synchronous handler.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - options: How much the form may hold.
    /// - Returns: The value.
    /// - Throws: ``ProblemDetails`` with 422 that names the fields which are wrong, and as `form()`.
    public func form<Value: Decodable>(
        as type: Value.Type = Value.self, _ options: FormOptions = FormOptions()
    ) throws -> Value { try form(options).decode(as: type) }

    /// The query as a value of a type of one's own, by the rules of ``Form/decode(as:)``.
    ///
    /// - Parameter type: The type.
    /// - Returns: The value.
    /// - Throws: ``ProblemDetails`` with 422 that names the parts which are wrong; `HTTPError` 400 for what is not UTF-8.
    public func query<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try query.requireUTF8()
        return try Form(query.pairs).decode(as: type)
    }

    /// The content as a value of a type of one's own: JSON or a form, as the client says.
    ///
    /// - Parameter type: The type.
    /// - Returns: The value.
    /// - Throws: As `json(as:)` and `form(as:)`.
    public func content<Value: Decodable & SendableMetatype>(as type: Value.Type = Value.self) async throws -> Value {
        isForm ? try await form(as: type) : try await json(as: type)
    }

    /// The content as a value of a type of one's own: JSON or a form, as the client says. For a synchronous handler.
    ///
    /// - Parameter type: The type.
    /// - Returns: The value.
    /// - Throws: As `json(as:)` and `form(as:)`.
    public func content<Value: Decodable & SendableMetatype>(as type: Value.Type = Value.self) throws -> Value {
        isForm ? try form(as: type) : try json(as: type)
    }

    private var isForm: Bool {
        guard let type = field(.contentType).flatMap({ MediaType($0)?.essence }) else { return false }
        return type == "multipart/form-data" || type == "application/x-www-form-urlencoded"
    }

    /// Whether the form comes in parts.
    private func isMultipartForm() throws(HTTPError) -> Bool {
        guard let type = field(.contentType) else { return false }
        switch MediaType(type)?.essence {
        case "application/x-www-form-urlencoded": return false
        case "multipart/form-data": return true
        default:
            throw HTTPError(
                .unsupportedMediaType,
                "the content is \(type): send application/x-www-form-urlencoded or multipart/form-data")
        }
    }
}

extension Form {
    fileprivate init(urlEncoded content: [UInt8], _ options: FormOptions) throws(HTTPError) {
        guard content.count <= options.mostTextBytes else { throw RequestBody.tooLarge(options.mostTextBytes) }
        // One more, to see that there is one more.
        let parsed = unsafe URLEncodedForm(parsing: content.span.bytes, most: options.mostFields + 1)
        guard parsed.pairs.count <= options.mostFields else {
            throw HTTPError(.contentTooLarge, "the form has more than \(options.mostFields) fields: send fewer")
        }
        guard parsed.isUTF8 else { throw HTTPError(.badRequest, "the form is not UTF-8: percent-encode text in UTF-8") }
        self.init(parsed.pairs)
    }
}

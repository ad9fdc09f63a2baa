public import ApusHTTP

/// What a handler may return: anything that becomes a response.
///
/// `String`, `[UInt8]`, `Status`, `Response`, an optional of these (nil is 404) and, through ``JSON``, every
/// `Encodable` do so.
public protocol ResponseConvertible {
    /// The response to the request in `context`. An error thrown here is handled like one of the handler.
    func response(to context: Context) throws -> Response

    /// Answers `context` with the value. The default sends what ``response(to:)`` gives; the types that are
    /// answered most write themselves without making a `Response`.
    func answer(_ context: Context) throws
}

extension ResponseConvertible {
    /// Sends what ``response(to:)`` gives.
    @inlinable public func answer(_ context: Context) throws {
        context.send(try response(to: context))
    }
}

extension Response: ResponseConvertible {
    /// Itself.
    public func response(to context: Context) -> Response { self }
}

extension String: ResponseConvertible {
    /// 200 with the text as `text/plain; charset=utf-8`.
    public func response(to context: Context) -> Response { Response(text: self) }

    /// 200 with the text, copied to the connection's output at once.
    @inlinable public func answer(_ context: Context) {
        var text = self
        text.withUTF8 { bytes in
            unsafe context.send(.ok, ContentType.text, RawSpan(_unsafeElements: bytes))
        }
    }
}

extension StaticString: ResponseConvertible {
    /// 200 with the text as `text/plain; charset=utf-8`.
    public func response(to context: Context) -> Response { Response(text: description) }

    /// 200 with the text, copied to the connection's output at once.
    public func answer(_ context: Context) {
        withUTF8Buffer { bytes in
            unsafe context.send(.ok, ContentType.text, RawSpan(_unsafeElements: bytes))
        }
    }
}

extension [UInt8]: ResponseConvertible {
    /// 200 with the bytes as `application/octet-stream`.
    public func response(to context: Context) -> Response {
        Response(.ok, [.contentType: "application/octet-stream"], body: .bytes(self))
    }

    /// 200 with the bytes, copied to the connection's output at once.
    public func answer(_ context: Context) {
        unsafe context.send(.ok, ContentType.bytes, span.bytes)
    }
}

extension Status: ResponseConvertible {
    /// The status with no content; a status of an error gets an error body.
    public func response(to context: Context) -> Response {
        code >= 400 ? context.errorResponse(HTTPError(self)) : Response(self)
    }
}

extension Optional: ResponseConvertible where Wrapped: ResponseConvertible {
    /// The value's response; 404 for nil.
    public func response(to context: Context) throws -> Response {
        guard let self else { throw HTTPError(.notFound) }
        return try self.response(to: context)
    }

    /// Answers with the value; 404 for nil.
    public func answer(_ context: Context) throws {
        guard let self else { throw HTTPError(.notFound) }
        try self.answer(context)
    }
}

/// Content types that are written without making a field.
public enum ContentType {
    /// Text in UTF-8.
    public static let text: StaticString = "text/plain; charset=utf-8"
    /// Bytes of no particular kind.
    public static let bytes: StaticString = "application/octet-stream"
    /// JSON.
    public static let json: StaticString = "application/json"
    /// HTML in UTF-8.
    public static let html: StaticString = "text/html; charset=utf-8"
}

public import ApusHTTP

/// The methods with a content, in three forms: any content, a value as JSON, a form.
extension TestClient {
    /// Sends POST.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - body: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func post(
        _ target: String, fields: HTTPFields = HTTPFields(), body: TestBody = .none
    ) async throws -> TestResponse {
        try await execute(.post, target, fields: fields, body: body)
    }

    /// Sends POST with a value as JSON.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - value: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``; `EncodingError`.
    @discardableResult public func post(
        _ target: String, fields: HTTPFields = HTTPFields(), json value: some Encodable
    ) async throws -> TestResponse {
        try await execute(.post, target, fields: fields, body: .json(value))
    }

    /// Sends POST with a form as `application/x-www-form-urlencoded`.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - pairs: The form's names and values.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func post(
        _ target: String, fields: HTTPFields = HTTPFields(), form pairs: KeyValuePairs<String, String>
    ) async throws -> TestResponse {
        try await execute(.post, target, fields: fields, body: .form(pairs))
    }

    /// Sends PUT.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - body: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func put(
        _ target: String, fields: HTTPFields = HTTPFields(), body: TestBody = .none
    ) async throws -> TestResponse {
        try await execute(.put, target, fields: fields, body: body)
    }

    /// Sends PUT with a value as JSON.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - value: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``; `EncodingError`.
    @discardableResult public func put(
        _ target: String, fields: HTTPFields = HTTPFields(), json value: some Encodable
    ) async throws -> TestResponse {
        try await execute(.put, target, fields: fields, body: .json(value))
    }

    /// Sends PUT with a form as `application/x-www-form-urlencoded`.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - pairs: The form's names and values.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func put(
        _ target: String, fields: HTTPFields = HTTPFields(), form pairs: KeyValuePairs<String, String>
    ) async throws -> TestResponse {
        try await execute(.put, target, fields: fields, body: .form(pairs))
    }

    /// Sends PATCH.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - body: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func patch(
        _ target: String, fields: HTTPFields = HTTPFields(), body: TestBody = .none
    ) async throws -> TestResponse {
        try await execute(.patch, target, fields: fields, body: body)
    }

    /// Sends PATCH with a value as JSON.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - value: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``; `EncodingError`.
    @discardableResult public func patch(
        _ target: String, fields: HTTPFields = HTTPFields(), json value: some Encodable
    ) async throws -> TestResponse {
        try await execute(.patch, target, fields: fields, body: .json(value))
    }

    /// Sends PATCH with a form as `application/x-www-form-urlencoded`.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - pairs: The form's names and values.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func patch(
        _ target: String, fields: HTTPFields = HTTPFields(), form pairs: KeyValuePairs<String, String>
    ) async throws -> TestResponse {
        try await execute(.patch, target, fields: fields, body: .form(pairs))
    }

    /// Sends DELETE.
    ///
    /// - Parameters:
    ///   - target: Path and query.
    ///   - fields: The fields.
    ///   - body: The content.
    /// - Returns: The response, whatever its status.
    /// - Throws: As ``execute(_:_:fields:body:)``.
    @discardableResult public func delete(
        _ target: String, fields: HTTPFields = HTTPFields(), body: TestBody = .none
    ) async throws -> TestResponse {
        try await execute(.delete, target, fields: fields, body: body)
    }
}

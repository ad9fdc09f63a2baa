import ApusHTTP

/// The fields and problems of "Resumable Uploads for HTTP".
extension ResumableUploads {
    static let uploadComplete = HTTPField.Name("Upload-Complete")!
    static let uploadOffset = HTTPField.Name("Upload-Offset")!
    static let uploadLength = HTTPField.Name("Upload-Length")!
    static let uploadLimit = HTTPField.Name("Upload-Limit")!

    /// What an answer says of an upload.
    static func fields(_ offset: Int64, _ isComplete: Bool, _ others: HTTPFields) -> HTTPFields {
        var fields = others
        fields[uploadOffset] = "\(offset)"
        fields[uploadComplete] = isComplete ? "?1" : "?0"
        return fields
    }

    /// Whether the request ends its upload; nil when it says nothing of uploads.
    ///
    /// - Throws: 400 for what is no Boolean (RFC 9651, 3.3.6).
    static func isComplete(_ context: Context) throws(HTTPError) -> Bool? {
        switch context.field(uploadComplete) {
        case nil: return nil
        case "?0": return false
        case "?1": return true
        default: throw HTTPError(.badRequest, "Upload-Complete is neither ?0 nor ?1: send one of them")
        }
    }

    /// A number of bytes.
    ///
    /// - Throws: 400 for what is none (RFC 9651, 3.3.1: up to fifteen digits).
    static func number(_ context: Context, _ name: HTTPField.Name) throws(HTTPError) -> Int64? {
        guard let text = context.field(name) else { return nil }
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text)
        else { throw HTTPError(.badRequest, "\(name) is no number of bytes: send up to fifteen digits") }
        return Int64(number)
    }

    /// How long the whole will be, by what the request says; nil when it says nothing.
    ///
    /// - Throws: 400 when it says two things.
    func length(_ context: Context, isLast: Bool, offset: Int64) throws -> Int64? {
        let said = try Self.number(context, Self.uploadLength)
        guard isLast, let rest = context.body.announcedLength else { return said }
        if let said, said != offset + rest { throw Self.inconsistent(said, offset) }
        return offset + rest
    }

    /// What exceeds the length is a contradiction; what exceeds the limit is too much.
    func excess(_ length: Int64?, _ offset: Int64) -> any Error {
        guard let length else { return RequestBody.tooLarge(Int(clamping: options.saving.mostBytes ?? .max)) }
        return Self.inconsistent(length, offset)
    }

    static var noSuchUpload: HTTPError { HTTPError(.notFound, "there is no such upload: begin another") }

    static var overtaken: HTTPError {
        HTTPError(.conflict, "another request has taken the upload over: ask for its offset")
    }

    static func mismatch(expected: Int64, provided: Int64) -> ProblemDetails {
        var problem = problem(
            .conflict, "mismatching-upload-offset", "the upload has \(expected) bytes: go on from there", expected)
        problem["expected-offset"] = .integer(Int(expected))
        problem["provided-offset"] = .integer(Int(provided))
        return problem
    }

    static func inconsistent(_ length: Int64, _ offset: Int64) -> ProblemDetails {
        problem(
            .badRequest, "inconsistent-upload-length", "the upload is to have \(length) bytes: send no other number",
            offset)
    }

    static func problem(_ status: Status, _ type: String, _ detail: String, _ offset: Int64) -> ProblemDetails {
        ProblemDetails(
            status, type: "https://iana.org/assignments/http-problem-types#\(type)", detail: detail,
            fields: [uploadOffset: "\(offset)"])
    }
}

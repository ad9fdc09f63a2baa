/// What a part says of itself before its content (RFC 7578, 4).
public struct MultipartHead: Sendable, Equatable {
    /// The fields; text beyond ASCII is UTF-8, as browsers send it.
    public let fields: HTTPFields
    /// The Content-Disposition, when there is one that can be read.
    public let disposition: ContentDisposition?

    /// The name of the form's field, or nil when the part is none of a form.
    public var name: String? { disposition?.type == "form-data" ? disposition?.name : nil }

    /// The name that the client's file has there, as it was sent. It may be anything: use it as a label, and
    /// ``ContentDisposition/safeFilename`` where it names a file of ours. Nil when the part is no file.
    public var filename: String? { disposition?.filename }

    /// The media type that the client claims; nil means `text/plain` (RFC 7578, 4.4).
    public var contentType: MediaType? { fields[.contentType].flatMap { MediaType($0) } }

    /// A head with these fields.
    public init(_ fields: HTTPFields) {
        self.fields = fields
        disposition = fields[.contentDisposition].flatMap { ContentDisposition($0) }
    }

    /// The fields of lines that each end in CRLF.
    init(parsing bytes: RawSpan, part: Int, mostFields: Int) throws(MultipartError) {
        var fields = HTTPFields()
        var start = 0
        while start < bytes.byteCount {
            guard fields.count < mostFields else { throw .headTooLarge(most: mostFields) }
            let colon = bytes.endOfToken(from: start, to: bytes.byteCount)
            guard colon > start, colon < bytes.byteCount, bytes.byte(colon) == .colon else {
                throw .malformedHead(part: part)
            }
            let end = bytes.endOfFieldValue(from: colon + 1)
            guard end + 1 < bytes.byteCount, bytes.byte(end) == .carriageReturn, bytes.byte(end + 1) == .lineFeed
            else { throw .malformedHead(part: part) }
            guard let name = HTTPField.Name(String(copyingASCII: bytes.extracting(start..<colon))),
                let value = Self.text(bytes.extracting((colon + 1)..<end)), !fields.contains(name),
                let field = HTTPField(name: name, value: value)
            else { throw .malformedHead(part: part) }
            fields.append(field)
            start = end + 2
        }
        self.init(fields)
        // One that can't be read must not make a part nameless for us that has a name for others.
        guard !fields.contains(.contentDisposition) || disposition != nil else { throw .malformedHead(part: part) }
        if let encoding = fields[Self.transferEncoding]?.lowercased() {
            // Nobody sends others, and a reader that does not know them reads something else (RFC 7578, 4.7).
            guard ["7bit", "8bit", "binary"].contains(encoding) else { throw .malformedHead(part: part) }
        }
    }

    private static let transferEncoding = HTTPField.Name(unchecked: "Content-Transfer-Encoding")

    private static func text(_ bytes: RawSpan) -> String? {
        unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    }
}

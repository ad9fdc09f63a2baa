import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// A file ready to be answered with: what its fields say, and its content, open or in memory.
struct ServedFile {
    enum Content {
        case file(OpenFile)
        case bytes([UInt8])
    }

    let state: FileState
    let validators: Preconditions.State
    /// What a 200 says.
    let fields: HTTPFields
    let content: Content

    /// - Parameter path: tells the type by its last letters.
    init(_ found: FileRoot.Found, at path: FilePath, _ options: FileOptions) {
        state = found.state
        validators = Preconditions.State(entityTag: state.entityTag, lastModified: state.lastModified)
        var fields: HTTPFields = [
            .contentType: MediaType.contentType(ofFile: path.text), .lastModified: state.lastModified.description,
            .acceptRanges: "bytes",
        ]
        if let tag = validators.entityTag { fields[.eTag] = tag.description }
        if let caching = options.cacheControl { fields[.cacheControl] = caching }
        self.fields = fields
        content = .file(found.file)
    }

    private init(_ file: ServedFile, bytes: [UInt8]) {
        state = file.state
        validators = file.validators
        fields = file.fields
        content = .bytes(bytes)
    }

    /// The same with the content in memory; nil when it can't be read as a whole.
    func loaded() -> ServedFile? {
        guard case .file(let file) = content else { return self }
        let size = Int(state.size)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { room, count in
            guard let start = room.baseAddress, size > 0 else { return }
            count = unsafe max(0, apus_read_at_errno(file.descriptor, start, size, 0))
        }
        return bytes.count == size ? ServedFile(self, bytes: bytes) : nil
    }

    /// The response to a GET or HEAD: the whole, parts of it, or that the client has it.
    func response(to context: Context) -> Response {
        switch Preconditions({ context.field($0) }).evaluate(context.method, against: validators) {
        case .notModified:
            var fields = self.fields
            fields[.contentType] = nil
            return Response(.notModified, fields)
        case .preconditionFailed: return context.errorResponse(HTTPError(.preconditionFailed))
        case .proceed: break
        }
        // Only GET knows ranges (RFC 9110, 14.2).
        guard context.head.methodKind == .get, let wanted = context.field(.range), isRangeHeeded(context),
            let ranges = ByteRanges(wanted)
        else { return whole }
        switch ranges.resolve(length: state.size) {
        case .whole: return whole
        case .unsatisfiable:
            return Response(.rangeNotSatisfiable, [.contentRange: "bytes */\(state.size)", .acceptRanges: "bytes"])
        case .parts(let parts) where parts.count == 1: return single(parts[0])
        case .parts(let parts): return multiple(parts)
        }
    }

    private func isRangeHeeded(_ context: Context) -> Bool {
        guard let condition = context.field(.ifRange) else { return true }
        let now = IMFDate(secondsSince1970: Int64(apus_realtime_nanoseconds() / 1_000_000_000))
        return IfRange(condition).allowsRange(of: validators, now: now)
    }

    private var whole: Response {
        switch content {
        case .file(let file): Response(.ok, fields, body: .file(file, offset: 0, count: Int(state.size)))
        case .bytes(let bytes): Response(.ok, fields, body: .bytes(bytes))
        }
    }

    private func single(_ part: Range<Int64>) -> Response {
        var fields = self.fields
        fields[.contentRange] = contentRange(part)
        switch content {
        case .file(let file):
            return Response(.partialContent, fields, body: .file(file, offset: part.lowerBound, count: part.count))
        case .bytes(let bytes):
            return Response(
                .partialContent, fields, body: .bytes(Array(bytes[Int(part.lowerBound)..<Int(part.upperBound)])))
        }
    }

    private func contentRange(_ part: Range<Int64>) -> String {
        "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(state.size)"
    }

    /// Several parts in one content (RFC 9110, 14.6). Their number is bounded, and no two hold the same byte.
    private func multiple(_ parts: [Range<Int64>]) -> Response {
        // 128 random bits: nobody can have written it into the file.
        let boundary =
            "apus-" + String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
        let type = fields[.contentType] ?? MediaType.octetStream
        let heads = parts.map { part in
            "\r\n--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: \(contentRange(part))\r\n\r\n"
        }
        let end = "\r\n--\(boundary)--\r\n"
        let length = zip(heads, parts).reduce(Int64(end.utf8.count)) { $0 + Int64($1.0.utf8.count) + Int64($1.1.count) }
        var fields = self.fields
        fields[.contentType] = "multipart/byteranges; boundary=\(boundary)"
        switch content {
        case .file(let file):
            return Response(.partialContent, fields, length: length) { writer in
                for (head, part) in zip(heads, parts) {
                    try await writer.write(head)
                    try await writer.write(file, offset: part.lowerBound, count: part.count)
                }
                try await writer.write(end)
            }
        case .bytes(let bytes):
            var body: [UInt8] = []
            body.reserveCapacity(Int(length))
            for (head, part) in zip(heads, parts) {
                body += head.utf8
                body += bytes[Int(part.lowerBound)..<Int(part.upperBound)]
            }
            return Response(.partialContent, fields, body: .bytes(body + end.utf8))
        }
    }
}

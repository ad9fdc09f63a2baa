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
    private(set) var fields: HTTPFields
    let content: Content
    /// The coding of the content.
    let coding: ContentCoding
    /// The same in other codings, the shortest first.
    private(set) var siblings: [ServedFile] = []

    /// - Parameters:
    ///   - path: Tells the type by its last letters; for a sibling that of the file beside which it lies.
    ///   - coding: The content's.
    init(
        _ found: FileRoot.Found, at path: FilePath, _ options: FileOptions, coding: ContentCoding = .identity
    ) {
        state = found.state
        self.coding = coding
        validators = Preconditions.State(entityTag: state.entityTag, lastModified: state.lastModified)
        var fields: HTTPFields = [
            .contentType: MediaType.contentType(ofFile: path.text), .lastModified: state.lastModified.description,
            .acceptRanges: "bytes",
        ]
        if let tag = validators.entityTag { fields[.eTag] = tag.description }
        if options.immutableHashedNames, HashedName.isHashed(path.name) {
            fields[.cacheControl] = HashedName.cacheControl
        } else if let caching = options.cacheControl {
            fields[.cacheControl] = caching
        }
        if coding != .identity {
            fields[.contentEncoding] = coding.name
            fields[.vary] = "Accept-Encoding"
        }
        self.fields = fields
        content = .file(found.file)
    }

    private init(_ file: ServedFile, _ content: Content) {
        state = file.state
        validators = file.validators
        fields = file.fields
        coding = file.coding
        siblings = file.siblings
        self.content = content
    }

    /// Has the file served in other codings too.
    mutating func offer(_ siblings: [ServedFile]) {
        guard !siblings.isEmpty else { return }
        self.siblings = siblings.ordered { $0.state.size < $1.state.size }
        fields[.vary] = "Accept-Encoding"
    }

    /// Whether all of it is as it was when `other` was looked at.
    func isSame(as other: ServedFile) -> Bool {
        state == other.state && siblings.count == other.siblings.count
            && zip(siblings, other.siblings).allSatisfy { $0.state == $1.state && $0.coding == $1.coding }
    }

    /// Whether some of it is open, and not in memory.
    var holdsOpenFile: Bool {
        if case .file = content { return true }
        return siblings.contains { $0.holdsOpenFile }
    }

    /// Whether what is open is still as it was.
    var isFresh: Bool {
        if case .file(let file) = content, FileState(of: file) != state { return false }
        return siblings.allSatisfy(\.isFresh)
    }

    /// When the youngest of it was written, in seconds since 1970.
    var lastWritten: Int64 { siblings.reduce(state.modifiedSeconds) { max($0, $1.state.modifiedSeconds) } }

    /// The same with what is no longer than `largest` bytes in memory; nil when that can't be read as a whole.
    func loaded(upTo largest: Int64) -> ServedFile? {
        var kept = self
        kept.siblings = []
        for sibling in siblings {
            guard let sibling = sibling.loaded(upTo: largest) else { return nil }
            kept.siblings.append(sibling)
        }
        guard case .file(let file) = content, state.size <= largest else { return kept }
        let size = Int(state.size)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { room, count in
            guard let start = room.baseAddress, size > 0 else { return }
            count = unsafe max(0, apus_read_at_errno(file.descriptor, start, size, 0))
        }
        return bytes.count == size ? ServedFile(kept, .bytes(bytes)) : nil
    }

    /// The response to a GET or HEAD: the whole, parts of it, or that the client has it; in the coding that the client
    /// likes best, to which ranges and conditions then apply.
    func response(to context: Context) -> Response {
        guard !siblings.isEmpty, let accepted = context.field(.acceptEncoding),
            let coding = AcceptEncoding(accepted).best(among: siblings.map(\.coding)),
            let sibling = siblings.first(where: { $0.coding == coding })
        else { return responseInOwnCoding(to: context) }
        return sibling.responseInOwnCoding(to: context)
    }

    private func responseInOwnCoding(to context: Context) -> Response {
        switch Preconditions({ context.field($0) }).evaluate(context.method, against: validators) {
        case .notModified:
            var fields = self.fields
            fields[.contentType] = nil
            fields[.contentEncoding] = nil
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

import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// Answers requests with files of a folder: types, ranges, conditions, an index for folders, a listing on request.
struct StaticFiles: Sendable {
    private let root: FileRoot
    private let options: FileOptions

    init(_ root: FileRoot, _ options: FileOptions) {
        self.root = root
        self.options = options
    }

    /// Answers with what is at `path`, decoded, beneath the folder.
    func respond(to context: Context, at path: String) throws -> Response {
        guard let found = root.open(path) else { throw Self.notFound(context) }
        guard found.isFolder else {
            // A file has no inside: `/a.txt/` is not it.
            guard !path.hasSuffix("/") else { throw Self.notFound(context) }
            return show(found, path, context)
        }
        guard context.path.hasSuffix("/") else {
            return .redirect(to: Self.withSlash(context.target), .movedPermanently)
        }
        let folder = path.isEmpty || path.hasSuffix("/") ? path : path + "/"
        if let index = root.open(folder + options.index), !index.isFolder {
            return show(index, options.index, context)
        }
        guard options.showsListing else { throw Self.notFound(context) }
        return Response(
            .ok, [.contentType: "text/html; charset=utf-8", .cacheControl: "no-cache"],
            body: .text(FolderListing.html(of: found.file, path: context.path, isRoot: folder.isEmpty)))
    }

    private static func notFound(_ context: Context) -> HTTPError {
        HTTPError(.notFound, "nothing is at \(context.path)")
    }

    /// The target with a slash behind its path. A second slash in front would name another host.
    private static func withSlash(_ target: String) -> String {
        let question = target.firstIndex(of: "?") ?? target.endIndex
        let path = target[..<question].drop { $0 == "/" }
        return "/" + path + "/" + target[question...]
    }

    private func show(_ found: FileRoot.Found, _ path: String, _ context: Context) -> Response {
        var fields: HTTPFields = [.lastModified: found.modified.description, .acceptRanges: "bytes"]
        if let tag = found.tag { fields[.eTag] = tag.description }
        if let caching = options.cacheControl { fields[.cacheControl] = caching }
        let state = Preconditions.State(entityTag: found.tag, lastModified: found.modified)
        switch Preconditions({ context.field($0) }).evaluate(context.method, against: state) {
        case .notModified: return Response(.notModified, fields)
        case .preconditionFailed: return context.errorResponse(HTTPError(.preconditionFailed))
        case .proceed: break
        }
        let type = MediaType.contentType(ofFile: path)
        guard let ranges = Self.ranges(context, state) else {
            fields[.contentType] = type
            return Response(.ok, fields, body: .file(found.file, offset: 0, count: Int(found.size)))
        }
        switch ranges.resolve(length: found.size) {
        case .unsatisfiable:
            return Response(.rangeNotSatisfiable, [.contentRange: "bytes */\(found.size)", .acceptRanges: "bytes"])
        case .parts(let parts) where parts.count == 1:
            fields[.contentType] = type
            fields[.contentRange] = Self.contentRange(parts[0], found.size)
            return Response(
                .partialContent, fields, body: .file(found.file, offset: parts[0].lowerBound, count: parts[0].count))
        case .parts(let parts):
            return Self.multipart(parts, found, type, fields)
        }
    }

    /// The ranges asked for; nil when the whole is meant.
    private static func ranges(_ context: Context, _ state: Preconditions.State) -> ByteRanges? {
        guard context.method == .get, let value = context.field(.range) else { return nil }
        if let condition = context.field(.ifRange) {
            let now = IMFDate(secondsSince1970: Int64(apus_realtime_nanoseconds() / 1_000_000_000))
            guard IfRange(condition).allowsRange(of: state, now: now) else { return nil }
        }
        return ByteRanges(value)
    }

    private static func contentRange(_ part: Range<Int64>, _ size: Int64) -> String {
        "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"
    }

    /// Several parts in one content (RFC 9110, 14.6).
    private static func multipart(
        _ parts: [Range<Int64>], _ found: FileRoot.Found, _ type: String, _ fields: HTTPFields
    ) -> Response {
        let boundary = "apus-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let heads = parts.map { part in
            "\r\n--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: \(contentRange(part, found.size))\r\n\r\n"
        }
        let end = "\r\n--\(boundary)--\r\n"
        let length = zip(heads, parts).reduce(Int64(end.utf8.count)) { $0 + Int64($1.0.utf8.count) + Int64($1.1.count) }
        var fields = fields
        fields[.contentType] = "multipart/byteranges; boundary=\(boundary)"
        return Response(.partialContent, fields, length: length) { writer in
            for (head, part) in zip(heads, parts) {
                try await writer.write(head)
                try await writer.write(found.file, offset: part.lowerBound, count: part.count)
            }
            try await writer.write(end)
        }
    }
}

/// How a folder's files are shown.
public struct FileOptions: Sendable {
    /// The file that stands for its folder.
    public var index = "index.html"
    /// Whether a folder without an index file shows what is in it.
    public var showsListing = false
    /// The `Cache-Control` of files; nil leaves it to clients, which may ask whether a file has changed.
    public var cacheControl: String?

    /// The defaults, but for what is given.
    public init(index: String = "index.html", showsListing: Bool = false, cacheControl: String? = nil) {
        self.index = index
        self.showsListing = showsListing
        self.cacheControl = cacheControl
    }
}

extension Routes {
    /// Shows the files of a folder. The pattern ends in `**`, which is the path beneath the folder:
    ///
    /// ```swift
    /// try app.files("/assets/**", from: "Public")
    /// ```
    ///
    /// Only GET and HEAD are answered. What begins with a dot is not shown (but `.well-known` is), nor what a symbolic
    /// link outside the folder leads to.
    ///
    /// - Throws: `SystemError` when the folder can't be opened.
    public func files(
        _ pattern: String, from folder: String, _ options: FileOptions = FileOptions(), file: String = #fileID,
        line: Int = #line
    ) throws(SystemError) {
        let files = StaticFiles(try FileRoot(folder), options)
        get(pattern, file: file, line: line) { context in
            try files.respond(to: context, at: context.parameters["**"] ?? "")
        }
    }
}

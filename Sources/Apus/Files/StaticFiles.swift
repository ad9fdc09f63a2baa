import ApusHTTP
import ApusNet
public import ApusRuntime
import CSystem

/// Answers requests with files of a folder: types, ranges, conditions, an index for folders, a listing on request.
///
/// Most often registered by ``Routes/files(_:from:_:file:line:)``; a handler of one's own may use it too:
///
/// ```swift
/// let pages = try StaticFiles("Pages")
/// app.get("/help/:topic") { context in
///     try pages.respond(to: context, at: context.parameters.require("topic") + ".html")
/// }
/// ```
///
/// Nothing outside the folder is ever shown: not by `..` in whatever spelling, and not by a symbolic link. Files are
/// opened on the loop, which takes microseconds on a local file system; the content is sent by the kernel, or from
/// memory when it is small. A folder on a network file system may hold its loop for longer.
public struct StaticFiles: Sendable {
    private let root: FileRoot
    private let options: FileOptions

    /// The files beneath a folder, which is opened now, so that it stays the same when it is renamed.
    ///
    /// - Throws: `SystemError` when the folder can't be opened.
    public init(_ folder: String, _ options: FileOptions = FileOptions()) throws(SystemError) {
        self.init(try FileRoot(folder), options)
    }

    init(_ root: FileRoot, _ options: FileOptions) {
        self.root = root
        self.options = options
    }

    /// Answers GET and HEAD with what is at `path`, decoded, without a slash in front. On the request's loop.
    ///
    /// - Throws: `HTTPError`: 404 when there is nothing to show, 503 when it can't be opened now.
    public func respond(to context: Context, at path: String) throws(HTTPError) -> Response {
        guard let path = FilePath(path, showsHidden: options.showsHidden) else { throw Self.notFound(context) }
        return try respond(to: context, at: path, orElse: options.fallback)
    }

    /// Answers with what is at the part of the path that the route's last capture covers.
    func respondAtLastCapture(to context: Context) throws(HTTPError) -> Response {
        guard let path = context.lastCapturedFilePath(showsHidden: options.showsHidden) else {
            throw Self.notFound(context)
        }
        return try respond(to: context, at: path, orElse: options.fallback)
    }

    private func respond(
        to context: Context, at path: FilePath, orElse fallback: String?
    ) throws(HTTPError) -> Response {
        if let file = cache(context)?.find(path, now: context.loop.tick) { return file.response(to: context) }
        guard let found = try open(path, context) else { return try respond(to: context, with: fallback, for: path) }
        guard found.isFolder else {
            // A file has no inside: `/a.txt/` is not it.
            guard !path.endsInSlash else { throw Self.notFound(context) }
            return settle(found, path, for: path, context).response(to: context)
        }
        guard context.isPathOfFolder else {
            return .redirect(to: context.targetWithSlash, .movedPermanently)
        }
        let indexPath = path.appending(options.index.utf8)
        if let index = try open(indexPath, context), !index.isFolder {
            return settle(index, indexPath, for: path, context).response(to: context)
        }
        guard options.showsListing else { return try respond(to: context, with: fallback, for: path) }
        let listing = FolderListing(of: path, found.file, in: root, options)
        return Response(
            .ok,
            [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
                .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'",
            ],
            body: .text(listing.html(title: context.path, hasParent: !path.isRoot)))
    }

    /// Answers a browser that asked for a page where there is nothing.
    private func respond(
        to context: Context, with fallback: String?, for path: FilePath
    ) throws(HTTPError) -> Response {
        // Who asks for a script or an image must not get a page: those have extensions, or don't ask for HTML by name.
        guard let fallback, !path.name.contains(.dot), let accepted = context.field(.accept),
            accepted.utf8.count < 4096, accepted.lowercased().contains("text/html"),
            Accept(accepted).quality(of: "text/html") > 0, let page = FilePath(fallback)
        else { throw Self.notFound(context) }
        return try respond(to: context, at: page, orElse: nil)
    }

    private func open(_ path: FilePath, _ context: Context) throws(HTTPError) -> FileRoot.Found? {
        do {
            let found = try root.open(path)
            if found == nil { cache(context)?.remove(path) }
            return found
        } catch {
            context.log(.error, "a file can't be opened: \(error)")
            throw HTTPError(.serviceUnavailable, "the file can't be read now: try again", fields: [.retryAfter: "1"])
        }
    }

    /// The file ready to be answered with, from memory if it may be kept there. `key` is the path that was asked for.
    private func settle(
        _ found: FileRoot.Found, _ path: FilePath, for key: FilePath, _ context: Context
    ) -> ServedFile {
        var file = ServedFile(found, at: path, options)
        file.offer(siblings(of: file, at: path))
        guard let cache = cache(context) else { return file }
        return cache.settle(
            key, file, largest: options.largestCached, now: context.loop.tick,
            wallSeconds: Int64(apus_realtime_nanoseconds() / 1_000_000_000))
    }

    /// The file in other codings, as far as they lie beside it and are no older; one that is no shorter is of no use.
    private func siblings(of file: ServedFile, at path: FilePath) -> [ServedFile] {
        var found: [ServedFile] = []
        for coding in options.precompressed {
            guard let ending = Self.ending(coding), let sibling = try? root.open(path.beside(ending)),
                !sibling.isFolder, sibling.state.size < file.state.size,
                !sibling.state.isOlder(than: file.state)
            else { continue }
            found.append(ServedFile(sibling, at: path, options, coding: coding))
        }
        return found
    }

    /// What a name goes on with in a coding; nil when there is no custom.
    private static func ending(_ coding: ContentCoding) -> StaticString? {
        switch coding {
        case .zstd: ".zst"
        case .br: ".br"
        case .gzip: ".gz"
        case .deflate, .identity: nil
        }
    }

    private func cache(_ context: Context) -> FileCache? {
        guard options.cacheRoom > 0 else { return nil }
        return FileCache.of(root, on: context.loop, room: options.cacheRoom)
    }

    private static func notFound(_ context: Context) -> HTTPError {
        HTTPError(.notFound, "nothing is at \(context.path)")
    }
}

extension FilePath {
    /// Whether it is the path of the folder itself.
    fileprivate var isRoot: Bool { bytes.count <= 1 }
}

extension Context {
    /// What the route's last capture covers, as a path beneath a folder.
    fileprivate func lastCapturedFilePath(showsHidden: Bool) -> FilePath? {
        guard match.count > 0 else { return FilePath("") }
        let range = match[match.count - 1]
        if let decodedPath {
            return unsafe FilePath(routingForm: decodedPath.span.bytes.extracting(range), showsHidden: showsHidden)
        }
        return FilePath(routingForm: head.path.of(bytes).extracting(range), showsHidden: showsHidden)
    }

    /// Whether the path ends in a slash, as that of a folder has to: links in a page are relative to it.
    fileprivate var isPathOfFolder: Bool {
        let path = head.path.of(bytes)
        return path.byteCount == 0 || path.byte(at: path.byteCount - 1) == .slash
    }

    /// The path with a slash behind it, and the query. A second slash in front would name another host.
    fileprivate var targetWithSlash: String {
        let path = String(copyingLatin1OrUTF8: head.path.of(bytes))
        let query = head.hasQuery ? "?" + String(copyingLatin1OrUTF8: head.query.of(bytes)) : ""
        return "/" + path.drop { $0 == "/" } + "/" + query
    }
}

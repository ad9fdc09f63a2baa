import ApusHTTP
public import ApusRuntime
import CSystem

/// A folder that what clients send is saved beneath, and nowhere else: neither `..` nor a symbolic link leads out of it.
///
/// ```swift
/// let uploads = try UploadFolder("Uploads")
/// app.put("/files/:name") { context in
///     let saved = try await context.body.save(to: context.parameters.require("name"), in: uploads)
///     return Response(.created, text: "\(saved.count) bytes\n")
/// }
/// ```
///
/// A file has its name only when it is whole. Until then it has none (`O_TMPFILE`), or one that begins with a dot and is
/// removed when the request fails or its client leaves; so a full disk leaves no stray file. Writing happens off the
/// loop, on four threads that all uploads share, and the client waits while they are behind.
public struct UploadFolder: Sendable {
    let root: FileRoot

    /// The folder at a path, which is opened now, so that it stays the same when it is renamed.
    ///
    /// - Throws: `SystemError` when it can't be opened.
    public init(_ folder: String) throws(SystemError) { root = try FileRoot(folder) }

    init(_ root: FileRoot) { self.root = root }

    /// Removes a file. Off the loop.
    ///
    /// - Parameter path: The file's path beneath the folder, decoded, without a slash in front.
    /// - Throws: `HTTPError` 404 when there is none.
    public func remove(_ path: String) async throws {
        let path = try Self.path(path)
        let root = root
        try await DiskWork.run {
            let folder = try OpenFolder(of: path, in: root, makesFolders: false)
            let name = String(decoding: path.name, as: UTF8.self)
            guard unsafe apus_unlink_errno(folder.descriptor, name) == 0 else {
                throw HTTPError(.notFound, "there is no file called \(path.text)")
            }
        }
    }

    /// A path that may be written to: not the folder itself, and no hidden name.
    ///
    /// - Throws: `HTTPError` 400.
    static func path(_ path: String) throws(HTTPError) -> FilePath {
        guard let path = FilePath(path), !path.endsInSlash else {
            throw HTTPError(
                .badRequest,
                "this is no name for a file: send one without empty parts, backslashes or dots in front")
        }
        return path
    }

    /// How a file is saved.
    public struct Options: Sendable {
        /// Whether a file of the same name is replaced, in one step; else there is 409.
        public var replaces: Bool
        /// Whether folders on the path that lack are made; else there is 409.
        public var makesFolders: Bool
        /// Whether the answer waits until all is on the disk (`fsync` of the file, and of its folder).
        public var syncs: Bool
        /// The most bytes; 413 beyond. Nil is the limit of the content: ``RouteOptions/bodyLimit``.
        public var mostBytes: Int64?

        /// The defaults, but for what is given.
        ///
        /// - Parameters:
        ///   - replaces: Whether a file of the same name is replaced.
        ///   - makesFolders: Whether folders that lack are made.
        ///   - syncs: Whether the answer waits until all is on the disk.
        ///   - mostBytes: The most bytes; nil is the limit of the content.
        public init(
            replaces: Bool = false, makesFolders: Bool = false, syncs: Bool = false, mostBytes: Int64? = nil
        ) {
            self.replaces = replaces
            self.makesFolders = makesFolders
            self.syncs = syncs
            self.mostBytes = mostBytes
        }
    }

    /// A file that was saved.
    public struct SavedFile: Sendable, Hashable {
        /// Its path beneath the folder.
        public let path: String
        /// Its length in bytes.
        public let count: Int64
    }

    /// How many bytes are gathered before they are written.
    static let batchBytes = 256 << 10

    /// Saves the chunks that `next` gives until it gives nil.
    func save(
        to path: String, _ options: Options, next: () async throws -> [UInt8]?
    ) async throws -> SavedFile {
        let place = try Self.path(path)
        let root = root
        let pending = try await DiskWork.run {
            try PendingFile.begin(at: place, in: root, makesFolders: options.makesFolders)
        }
        let count = try await Self.write(to: pending.file, most: options.mostBytes, next: next)
        try await DiskWork.run { try pending.commit(replaces: options.replaces, syncs: options.syncs) }
        return SavedFile(path: path, count: count)
    }

    /// Writes chunks to the end of a file; the place behind them.
    static func write(
        to file: DiskFile, from start: Int64 = 0, most: Int64?, next: () async throws -> [UInt8]?
    ) async throws -> Int64 {
        var batch: [[UInt8]] = []
        var waiting = 0
        var written = start
        while true {
            let chunk = try await next()
            if let chunk {
                batch.gather(chunk)
                waiting += chunk.count
                if let most, written + Int64(waiting) > most { throw RequestBody.tooLarge(Int(most)) }
                guard waiting >= batchBytes else { continue }
            }
            if waiting > 0 {
                let chunks = batch
                let place = written
                batch = []
                waiting = 0
                written = try await DiskWork.run { try file.write(chunks, at: place) }
            }
            if chunk == nil { return written }
        }
    }
}

extension RequestBody {
    /// Saves the content, as it comes, to a file beneath a folder. Memory stays flat, and the client waits while the
    /// disk is behind. For an asynchronous handler.
    ///
    /// - Parameters:
    ///   - path: The file's path beneath the folder, decoded, without a slash in front.
    ///   - folder: Where it is saved.
    ///   - options: Whether it replaces, and what else is to be said.
    /// - Returns: What was saved.
    /// - Throws: `HTTPError`: 400 for a path that is none, 409 when the name is taken or its folder lacks, 413 when the
    ///   content is too long, 507 when the disk is full, and what reading the content throws; `SystemError`.
    public func save(
        to path: String, in folder: UploadFolder, _ options: UploadFolder.Options = UploadFolder.Options()
    ) async throws -> UploadFolder.SavedFile {
        if let most = options.mostBytes, let announcedLength, announcedLength > most {
            throw Self.tooLarge(Int(most))
        }
        return try await folder.save(to: path, options) { try await self.next() }
    }
}

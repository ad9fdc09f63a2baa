import ApusHTTP
public import ApusRuntime

extension Routes {
    /// Takes files to a folder, resumably: POST or PUT sends one to its path, and HEAD, PATCH and DELETE go on with one
    /// that was interrupted. See ``ResumableUploads``.
    ///
    /// ```swift
    /// let folder = try UploadFolder("Files")
    /// try app.uploads("/files/**", to: folder)
    /// try app.files("/files/**", from: "Files")
    /// ```
    ///
    /// - Parameters:
    ///   - pattern: The paths of files; it ends in `**`, which is the path beneath the folder.
    ///   - folder: Where files are saved.
    ///   - uploads: The path under which uploads are addressed while they are not whole.
    ///   - options: What is borne, and how files are saved. The limit of the content is that of
    ///     ``UploadFolder/Options/mostBytes``.
    ///   - file: Where the routes are registered.
    ///   - line: Where the routes are registered.
    /// - Throws: `SystemError` when the folder for uploads can't be made.
    public func uploads(
        _ pattern: String, to folder: UploadFolder, at uploads: String = "/uploads",
        _ options: ResumableUploads.Options = ResumableUploads.Options(), file: String = #fileID, line: Int = #line
    ) throws(SystemError) {
        let resumable = try ResumableUploads(folder, options)
        let most = Int(clamping: options.saving.mostBytes ?? 1 << 40)
        let group = group("", options: RouteOptions(bodyLimit: most))
        let parent = pattern.hasSuffix("/**") ? String(pattern.dropLast(2)) : "/"
        let files = prefix + parent
        let address = prefix + uploads
        let send: @Sendable (Context) async throws -> Response = { context in
            let path = context.parameters["**"] ?? ""
            return try await resumable.create(
                context, path: path, at: address, location: files + PercentEncoding.encode(path, allowing: .path))
        }
        group.post(pattern, file: file, line: line, send)
        group.put(pattern, file: file, line: line, send)
        group.head("\(uploads)/:upload", file: file, line: line) { context in
            try await resumable.offset(context, of: context.parameters["upload"] ?? "")
        }
        group.patch("\(uploads)/:upload", file: file, line: line) { context in
            try await resumable.append(context, to: context.parameters["upload"] ?? "") { path in
                files + PercentEncoding.encode(path, allowing: .path)
            }
        }
        group.delete("\(uploads)/:upload", file: file, line: line) { context in
            try await resumable.cancel(context.parameters["upload"] ?? "")
        }
    }
}

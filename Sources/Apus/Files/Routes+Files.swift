public import ApusRuntime

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
        get(pattern, file: file, line: line) { context in try files.respondAtLastCapture(to: context) }
    }
}

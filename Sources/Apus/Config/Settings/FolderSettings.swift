import ApusConfiguration

/// A folder whose files are served: `files[]` in a file.
public struct FolderSettings: Sendable {
    /// The pattern that stands for its files, such as `/assets/**`.
    public var path = "/**"
    /// The folder; a relative one is below where the server was started.
    public var folder = ""
    /// How its files are shown.
    public var options = FileOptions()

    /// Nothing yet.
    public init() {}

    static let schema = ConfigurationSchema(FolderSettings()) {
        $0.value("path", \.path, .text("a path ending in /**"), "The path that stands for its files, ending in /**")
        $0.value("folder", \.folder, .text("a folder"), "The folder")
        $0.include(\.options, FileOptions.schema)
        $0.check { folder, report in
            if folder.folder.isEmpty { report.reject("folder", nil, "it is missing: name the folder") }
            if !folder.path.hasPrefix("/") || !folder.path.hasSuffix("/**") {
                report.reject(
                    "path", .text(folder.path), "it begins with / and ends in /**: write /assets/**, or /** for all")
            }
            if folder.options.largestCached > folder.options.cacheRoom {
                report.reject(
                    "largestCached", with: ["cacheRoom"], .text(ByteSize.text(UInt64(folder.options.largestCached))),
                    "it is more than cacheRoom, \(ByteSize.text(UInt64(folder.options.cacheRoom))): lower it, or raise cacheRoom"
                )
            }
        }
    }
}

import ApusNet
import ApusRuntime

/// The lines of an article.
///
/// - Parameter path: such as `Apus/Apus.docc/Routing.md`, below Sources.
func linesOfArticle(_ path: String, file: String = #filePath) throws -> [Substring] {
    let repository = "/" + file.split(separator: "/").dropLast(3).joined(separator: "/")
    let article = try MappedFile(OpenFile(path: "\(repository)/Sources/\(path)"), limit: 1 << 20)
    let text = unsafe article.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    return text.split(separator: "\n")
}

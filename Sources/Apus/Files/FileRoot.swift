import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// A folder whose files are shown, and nothing outside it: symbolic links that lead out are refused by the kernel
/// (`openat2` with `RESOLVE_BENEATH`), or no links are followed where it can't do that.
///
/// Opening a file and asking for its state block the loop for as long as the file system takes: microseconds on a
/// local one whose folders are in memory. Serve a network file system through `offload`.
final class FileRoot: Sendable {
    private let folder: CInt
    private let isCareful: Bool

    /// A file or a folder, open.
    struct Found {
        let file: OpenFile
        let size: Int64
        let modified: IMFDate
        let tag: EntityTag?
        let isFolder: Bool
    }

    /// - Parameter careful: Walk paths component by component even where the kernel has `openat2`.
    init(_ path: String, careful: Bool = false) throws(SystemError) {
        unsafe folder = apus_open_folder_errno(path)
        guard folder >= 0 else { throw SystemError(code: folder, call: "open \(path)") }
        isCareful = careful
    }

    deinit { closeDescriptor(folder) }

    /// Opens what is at a decoded path beneath the folder; nil when there is nothing that may be shown.
    func open(_ path: String) -> Found? {
        guard Self.isShown(path) else { return nil }
        let relative = path.hasPrefix("/") ? String(path.drop { $0 == "/" }) : path
        let opened = unsafe apus_open_beneath_errno(folder, relative, isCareful)
        guard opened >= 0 else { return nil }
        let file = OpenFile(owning: opened)
        var state = apus_file()
        guard unsafe apus_stat_errno(opened, &state) == 0, state.is_regular || state.is_folder else { return nil }
        return Found(
            file: file, size: state.size, modified: IMFDate(secondsSince1970: state.modified_seconds),
            tag: Self.tag(state), isFolder: state.is_folder)
    }

    /// Changes whenever the file is written or replaced: its size, its time in nanoseconds, its inode.
    private static func tag(_ state: apus_file) -> EntityTag? {
        let time = UInt64(bitPattern: state.modified_seconds &* 1_000_000_000 &+ state.modified_nanoseconds)
        return EntityTag(
            String(state.size, radix: 16) + "-" + String(time, radix: 16) + "-" + String(state.inode, radix: 16))
    }

    /// No component begins with a dot, but for `.well-known` (RFC 8615); none is `..`; no NUL and no backslash.
    static func isShown(_ path: String) -> Bool {
        guard !path.utf8.contains(0), !path.utf8.contains(UInt8(ascii: "\\")) else { return false }
        return path.split(separator: "/").allSatisfy { !$0.hasPrefix(".") || $0 == ".well-known" }
    }
}

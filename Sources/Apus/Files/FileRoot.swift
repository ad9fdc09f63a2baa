import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder whose files are shown, and nothing outside it: symbolic links that lead out are refused by the kernel
/// (`openat2` with `RESOLVE_BENEATH`), or no links are followed where it can't do that. Any thread.
///
/// Opening a file and asking for its state block the caller for as long as the file system takes: microseconds on a
/// local one whose folders are in memory.
final class FileRoot: Sendable {
    let folder: CInt
    private let isCareful: Bool

    /// A file or a folder, open.
    struct Found {
        let file: OpenFile
        let state: FileState
        let isFolder: Bool
    }

    /// - Parameter careful: Walk paths component by component even where the kernel has `openat2`.
    init(_ path: String, careful: Bool = false) throws(SystemError) {
        unsafe folder = apus_open_folder_errno(path)
        guard folder >= 0 else { throw SystemError(code: folder, call: "open \(path)") }
        isCareful = careful
    }

    deinit { if folder >= 0 { closeDescriptor(folder) } }

    /// Opens a folder beneath this one, whose path was checked; the descriptor, or the system's error as a negative number.
    func openFolder(_ path: String) -> CInt {
        let opened = unsafe apus_open_beneath_errno(folder, path, isCareful)
        guard opened >= 0 else { return opened }
        var state = apus_file()
        guard unsafe apus_stat_errno(opened, &state) == 0, state.is_folder else {
            closeDescriptor(opened)
            return -ENOTDIR
        }
        return opened
    }

    /// Opens what is at a path beneath the folder; nil when there is nothing that may be shown.
    ///
    /// - Throws: What is no matter of the path, such as no descriptor being left.
    func open(_ path: FilePath) throws(SystemError) -> Found? {
        let opened = unsafe path.bytes.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { name in
                unsafe apus_open_beneath_errno(folder, name.baseAddress!, isCareful)
            }
        }
        guard opened >= 0 else {
            switch -opened {
            case EMFILE, ENFILE, ENOMEM, EIO, EAGAIN: throw SystemError(code: opened, call: "open \(path.text)")
            default: return nil
            }
        }
        let file = OpenFile(owning: opened)
        var state = apus_file()
        guard unsafe apus_stat_errno(opened, &state) == 0, state.is_regular || state.is_folder else { return nil }
        return Found(file: file, state: FileState(state), isFolder: state.is_folder)
    }
}

/// What tells one content of a file from another: how long it is, when it was written, and which file it is.
///
/// Two writes of the same length within a tick of the file system's clock (1 to 4 ms) are one to it.
struct FileState: Hashable {
    /// In bytes.
    let size: Int64
    let modifiedSeconds: Int64
    let modifiedNanoseconds: Int64
    let inode: UInt64

    init(_ file: apus_file) {
        size = file.size
        modifiedSeconds = file.modified_seconds
        modifiedNanoseconds = file.modified_nanoseconds
        inode = file.inode
    }

    /// The present state of an open file; nil when the system can't say.
    init?(of file: OpenFile) {
        var state = apus_file()
        guard unsafe apus_stat_errno(file.descriptor, &state) == 0 else { return nil }
        self.init(state)
    }

    /// Whether it was written before `other` was.
    func isOlder(than other: FileState) -> Bool {
        (modifiedSeconds, modifiedNanoseconds) < (other.modifiedSeconds, other.modifiedNanoseconds)
    }

    /// A strong tag: it changes whenever the file is written or replaced.
    var entityTag: EntityTag? {
        let time = UInt64(bitPattern: modifiedSeconds &* 1_000_000_000 &+ modifiedNanoseconds)
        return EntityTag(
            String(size, radix: 16) + "-" + String(time, radix: 16) + "-" + String(inode, radix: 16))
    }

    var lastModified: IMFDate { IMFDate(secondsSince1970: modifiedSeconds) }
}

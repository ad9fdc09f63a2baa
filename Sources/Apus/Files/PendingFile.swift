import ApusHTTP
import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is being written, and has its name only when it is whole. Any thread; each call blocks.
///
/// Where the file system has files without names (`O_TMPFILE`), a server that dies leaves nothing behind; elsewhere
/// the file is called `.apus-…` meanwhile. It goes with this object unless it was given its name.
final class PendingFile: Sendable {
    let file: DiskFile
    private let folder: OpenFolder
    private let name: String
    /// What it is called meanwhile; nil when it has no name.
    private let temporaryName: String?

    private init(file: DiskFile, folder: OpenFolder, name: String, temporaryName: String?) {
        self.file = file
        self.folder = folder
        self.name = name
        self.temporaryName = temporaryName
    }

    deinit {
        guard let temporaryName else { return }
        let folder = folder
        let remove: @Sendable () -> Void = { _ = unsafe apus_unlink_errno(folder.descriptor, temporaryName) }
        do throws(WorkError) { try DiskWork.pool.submit(remove) } catch { remove() }
    }

    /// Begins a file that will lie at `path`.
    ///
    /// - Throws: `HTTPError` 409 when its folder does not exist, or can't be entered without leaving the root;
    ///   `SystemError`.
    static func begin(at path: FilePath, in root: FileRoot, makesFolders: Bool) throws -> PendingFile {
        let name = String(decoding: path.name, as: UTF8.self)
        let folder = try OpenFolder(of: path, in: root, makesFolders: makesFolders)
        let made = apus_create_unnamed_errno(folder.descriptor, true)
        if made >= 0 {
            return PendingFile(file: DiskFile(owning: made), folder: folder, name: name, temporaryName: nil)
        }
        guard made == -EOPNOTSUPP else { throw SystemError(code: made, call: "create \(path.text)") }
        return try named(in: folder, name)
    }

    /// The same where no file can be without a name.
    static func named(in folder: OpenFolder, _ name: String) throws(SystemError) -> PendingFile {
        let temporary = temporaryName()
        let made = unsafe apus_create_named_errno(folder.descriptor, temporary)
        guard made >= 0 else { throw SystemError(code: made, call: "create \(temporary)") }
        return PendingFile(file: DiskFile(owning: made), folder: folder, name: name, temporaryName: temporary)
    }

    /// 64 random bits: nobody has it already, and nobody can guess it.
    private static func temporaryName() -> String { ".apus-" + String(UInt64.random(in: .min ... .max), radix: 36) }

    /// Gives the file its name.
    ///
    /// - Parameters:
    ///   - replaces: Whether what has the name goes, in one step: nobody sees it half.
    ///   - syncs: Whether the content is on the disk before, and the name when this returns.
    /// - Throws: `HTTPError` 409 when something has the name that is not to be replaced; `SystemError`.
    func commit(replaces: Bool, syncs: Bool) throws {
        if syncs { try file.sync() }
        var failure: CInt
        if let temporaryName {
            failure = unsafe apus_rename_errno(folder.descriptor, temporaryName, folder.descriptor, name, replaces)
        } else {
            failure = unsafe apus_link_unnamed_errno(file.descriptor, folder.descriptor, name)
            if failure == -EEXIST, replaces {
                let temporary = Self.temporaryName()
                failure = unsafe apus_link_unnamed_errno(file.descriptor, folder.descriptor, temporary)
                if failure == 0 {
                    failure = unsafe apus_rename_errno(folder.descriptor, temporary, folder.descriptor, name, true)
                    if failure != 0 { _ = unsafe apus_unlink_errno(folder.descriptor, temporary) }
                }
            }
        }
        switch -failure {
        case 0: break
        case EEXIST: throw HTTPError(.conflict, "there is something called \(name) already: choose another name")
        case EISDIR, ENOTDIR, ENOTEMPTY: throw HTTPError(.conflict, "\(name) is a folder: choose another name")
        default: throw SystemError(code: failure, call: "rename to \(name)")
        }
        if syncs { try folder.sync() }
    }
}

/// A folder beneath a root, open. Any thread.
final class OpenFolder: Sendable {
    let descriptor: CInt

    init(owning descriptor: CInt) { self.descriptor = descriptor }

    deinit { closeDescriptor(descriptor) }

    /// The folder of the file at `path`.
    ///
    /// - Parameter makesFolders: Whether folders that lack are made.
    /// - Throws: `HTTPError` 409 when it can't be reached beneath the root; `SystemError`.
    init(of path: FilePath, in root: FileRoot, makesFolders: Bool) throws {
        var opened = root.openFolder("")
        var soFar = ""
        for part in path.folderNames {
            guard opened >= 0 else { break }
            soFar += soFar.isEmpty ? part : "/" + part
            var next = root.openFolder(soFar)
            if next == -ENOENT, makesFolders {
                let failure = unsafe apus_make_folder_errno(opened, part)
                next = failure == 0 ? root.openFolder(soFar) : failure
            }
            closeDescriptor(opened)
            opened = next
        }
        guard opened >= 0 else {
            switch -opened {
            case ENOENT, ENOTDIR, EXDEV, ELOOP:
                throw HTTPError(.conflict, "there is no folder for \(path.text): make it first")
            default: throw SystemError(code: opened, call: "open the folder of \(path.text)")
            }
        }
        descriptor = opened
    }

    func sync() throws(SystemError) {
        let failure = apus_sync_errno(descriptor)
        guard failure == 0 else { throw SystemError(code: failure, call: "fsync") }
    }
}

extension FilePath {
    /// The names of the folders on the way to the file.
    fileprivate var folderNames: [String] { text.split(separator: "/").dropLast().map(String.init) }
}

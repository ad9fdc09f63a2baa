import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file that a bound Unix socket has in the file system. It outlives the socket unless somebody removes it.
struct SocketFile: Sendable {
    private let path: String
    // The very file that was made, so that a later server's at the same path isn't removed.
    private let device: UInt64
    private let inode: UInt64

    /// The file of a socket just bound to `path`, given its mode; nil for an abstract name.
    init?(_ path: String, mode: UInt32) {
        guard !path.hasPrefix("@"), !path.isEmpty else { return nil }
        _ = unsafe chmod(path, mode_t(mode))
        self.init(path)
    }

    /// The file that a socket has at `path`; nil for an abstract name, and when there is none.
    init?(_ path: String) {
        guard !path.hasPrefix("@"), !path.isEmpty else { return nil }
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        self.path = path
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// Removes the file, if it is still the one that was made.
    func remove() {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, UInt64(truncatingIfNeeded: status.st_dev) == device,
            UInt64(truncatingIfNeeded: status.st_ino) == inode
        else { return }
        _ = unsafe unlink(path)
    }

    /// Whether something is at `path` that is no socket.
    static func isForeign(_ path: String) -> Bool {
        var status = stat()
        guard !path.hasPrefix("@"), unsafe lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT != S_IFSOCK
    }

    /// The folder that `path` is in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Removes a socket's file on which nobody listens any more. Any other file is left for `bind` to complain of.
    static func removeStale(_ path: String) throws(SocketError) {
        var status = stat()
        guard !path.hasPrefix("@"), unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK
        else { return }
        let probe = apus_socket_errno(AF_UNIX, Int32(streamType), 0)
        guard probe >= 0 else { return }
        defer { closeDescriptor(probe) }
        if try SocketAddress.unix(path: path).connectErrno(probe) == ECONNREFUSED { _ = unsafe unlink(path) }
    }
}

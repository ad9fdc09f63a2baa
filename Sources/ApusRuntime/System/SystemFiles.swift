#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads what the system tells of itself as files, such as `/proc`: a folder's names, where a link leads, a text. What can't
/// be read, for it went or is another user's, is nil or empty. Blocks for as long as the system takes; any thread.
package enum SystemFiles {
    /// The names in a folder, `.` and `..` among them, in no order.
    package static func names(in folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                })
        }
        return names
    }

    /// Where a link leads, of which 255 bytes are read.
    package static func link(_ path: String) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { target in
            let length = unsafe readlink(path, target.baseAddress!, 255)
            guard length > 0 else { return nil }
            unsafe target[length] = 0
            return unsafe String(cString: target.baseAddress!)
        }
    }

    /// A file's text, to its end: such files tell no length.
    package static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { _ = close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let got = unsafe read(file, &chunk, chunk.count)
            guard got > 0 else { break }
            bytes += chunk[..<got]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

public import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file that may be sent to several connections at once; closed when the last user lets go. Any thread.
public final class OpenFile: Sendable {
    /// The descriptor, open for reading.
    public let descriptor: CInt

    /// Takes an open descriptor over; it is closed with the last reference.
    public init(owning descriptor: CInt) { self.descriptor = descriptor }

    /// Opens a file for reading. It may block on a slow disk.
    ///
    /// - Throws: The system's error, such as `ENOENT`.
    public init(path: String) throws(SystemError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(call: "open") }
    }

    /// The file's present size in bytes; it may change at any time.
    ///
    /// - Throws: The error of `fstat`.
    public func size() throws(SystemError) -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError(call: "fstat") }
        return Int64(status.st_size)
    }

    deinit { if descriptor >= 0 { closeDescriptor(descriptor) } }
}

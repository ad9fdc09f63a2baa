import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file that may be sent to several connections at once; closed when the last user lets go.
public final class OpenFile: Sendable {
    /// The descriptor, open for reading.
    public let descriptor: CInt

    /// Takes an open descriptor over; it is closed with the last reference.
    public init(owning descriptor: CInt) { self.descriptor = descriptor }

    deinit { closeDescriptor(descriptor) }
}

/// A part of an open file on its way to a peer.
struct FilePart {
    var file: OpenFile
    var offset: Int64
    var count: Int
}

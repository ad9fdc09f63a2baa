import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A pipe in the kernel through which bytes go from one socket to another without coming into this process:
/// splice(2), which Linux alone has.
///
/// It is filled and emptied in turns. A pipe is full when its slots are, however few bytes each holds, and the system
/// says EAGAIN for that as it does for a socket that has nothing: only an empty pipe leaves no doubt.
final class SplicePipe {
    /// The capacity asked for, in bytes; the system may grant less.
    private static let capacity = 256 << 10

    private var readEnd: CInt = -1
    private var writeEnd: CInt = -1
    /// Bytes in the pipe.
    private(set) var count = 0

    /// Nil when the system has no splice, or no descriptors left.
    init?() {
        #if os(Linux)
            var ends: [CInt] = [-1, -1]
            guard unsafe apus_pipe_errno(&ends, CInt(Self.capacity)) == 0 else { return nil }
            readEnd = ends[0]
            writeEnd = ends[1]
        #else
            return nil
        #endif
    }

    deinit {
        if readEnd >= 0 { closeDescriptor(readEnd) }
        if writeEnd >= 0 { closeDescriptor(writeEnd) }
    }

    /// Takes what a socket has: the bytes moved, 0 at its end, or a negative error number.
    func fill(from descriptor: CInt) -> Int {
        #if os(Linux)
            let moved = apus_splice_errno(descriptor, writeEnd, Self.capacity)
            count += max(moved, 0)
            return moved
        #else
            return -Int(ENOTSUP)
        #endif
    }

    /// Gives up to so many bytes to a socket: the bytes moved, or a negative error number.
    func empty(into descriptor: CInt, _ wanted: Int) -> Int {
        #if os(Linux)
            let moved = apus_splice_errno(readEnd, descriptor, wanted)
            count -= max(moved, 0)
            return moved
        #else
            return -Int(ENOTSUP)
        #endif
    }
}

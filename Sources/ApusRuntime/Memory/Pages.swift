#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Memory straight from the system, so that giving it back lowers the process's resident size at once; what
/// `free` gets may stay with the allocator for ever.
enum Pages {
    /// Maps zeroed memory, aligned to a page; a page costs physical memory only once it is touched.
    @unsafe static func map(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        guard let memory = unsafe memory, unsafe memory != UnsafeMutableRawPointer(bitPattern: -1) else {
            // As every allocation of Swift does: nothing goes on without memory.
            fatalError("out of memory: the system refused \(byteCount) bytes (mmap, errno \(errno))")
        }
        return unsafe memory
    }

    /// Gives a whole mapping back.
    @unsafe static func unmap(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) {
        let result = unsafe munmap(memory, byteCount)
        // Whoever unmaps what is somebody else's has made holes in other people's memory: no further.
        precondition(result == 0, "munmap of a mapping that is not ours")
    }
}

public import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The content of a small hot file in read-only pages of its own, sent from there to any number of connections at
/// once without another copy in this process. Any thread.
///
/// The pages are anonymous and filled by reading, and not a mapping of the file itself, on purpose. Whoever may
/// write the file may also truncate it, and touching a page of a mapping beyond the new end is a SIGBUS that ends
/// the process; neither `MAP_PRIVATE` nor a look at the size first prevents it. A copy of at most 64 KiB, made once
/// for many answers, costs less than the page faults of a mapping would, and is a snapshot: what the disk holds
/// later doesn't mix into it.
///
/// `Sendable` holds because the pages are read-only from `init` on.
@safe public final class MappedFile: Sendable {
    /// The largest file that is worth keeping this way: beyond it `sendfile` costs less than it saves.
    public static let largest = 64 << 10

    /// The size in bytes.
    public let count: Int
    private let address: UInt

    /// Reads a file whole. It may block on a slow disk.
    ///
    /// - Parameters:
    ///   - file: The file; it may be closed afterwards.
    ///   - limit: The largest size accepted, in bytes.
    /// - Throws: `EFBIG` when the file is larger than `limit`, `ESTALE` when it changed its size while it was read,
    ///   or what the system said.
    public init(_ file: OpenFile, limit: Int = MappedFile.largest) throws(SystemError) {
        let size = try file.size()
        guard size <= Int64(limit) else { throw SystemError(code: EFBIG, call: "mmap") }
        count = Int(size)
        guard count > 0 else {
            address = 0
            return
        }
        let made = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let pages = unsafe made, unsafe pages != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw SystemError(call: "mmap")
        }
        if let failure = unsafe Self.fill(pages, count, from: file.descriptor) {
            _ = unsafe munmap(pages, count)
            throw failure
        }
        _ = unsafe mprotect(pages, count, PROT_READ)
        address = UInt(bitPattern: pages)
    }

    deinit {
        if count > 0 { _ = unsafe munmap(UnsafeMutableRawPointer(bitPattern: address), count) }
    }

    /// The content, in place.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: start, byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Where the content begins; for an empty file an address that must not be read.
    @unsafe var start: UnsafeRawPointer {
        unsafe UnsafeRawPointer(bitPattern: address == 0 ? 64 : address).unsafelyUnwrapped
    }

    /// Nil when exactly `count` bytes were there.
    @unsafe private static func fill(
        _ pages: UnsafeMutableRawPointer, _ count: Int, from descriptor: CInt
    ) -> SystemError? {
        var filled = 0
        while filled < count {
            let got = unsafe pread(descriptor, pages + filled, count - filled, off_t(filled))
            if got < 0, errno == EINTR { continue }
            if got < 0 { return SystemError(call: "pread") }
            if got == 0 { return SystemError(code: ESTALE, call: "pread") }
            filled += got
        }
        var beyond: UInt8 = 0
        return unsafe pread(descriptor, &beyond, 1, off_t(count)) > 0 ? SystemError(code: ESTALE, call: "pread") : nil
    }
}

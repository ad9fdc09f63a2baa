/// Where lines are written to.
public enum LogDestination: Sendable, Hashable {
    /// Standard output.
    case standardOutput
    /// Standard error.
    case standardError
    /// A file, which is made when it is not there (mode 0640), and appended to. It is opened anew when that is asked for,
    /// so that a program that rotates logs may move it away first.
    case file(String)
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open destination. Belongs to whoever writes to it.
struct LineOutput: ~Copyable {
    private let destination: LogDestination
    private var descriptor: CInt
    /// A line was written in part, and the rest of it lost.
    private var isTorn = false

    /// - Throws: `SystemError` when the file can't be opened.
    init(_ destination: LogDestination) throws(SystemError) {
        self.destination = destination
        descriptor = try Self.open(destination)
    }

    deinit { if case .file = destination { close(descriptor) } }

    private static func open(_ destination: LogDestination) throws(SystemError) -> CInt {
        switch destination {
        case .standardOutput: return 1
        case .standardError: return 2
        case .file(let path):
            #if canImport(Darwin)
                let descriptor = unsafe Darwin.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            #elseif canImport(Musl)
                let descriptor = unsafe Musl.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            #else
                let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            #endif
            guard descriptor >= 0 else { throw SystemError(call: "open \(path)") }
            return descriptor
        }
    }

    /// Opens a file anew; the old one stays when that fails.
    mutating func reopen() throws(SystemError) {
        guard case .file = destination else { return }
        let fresh = try Self.open(destination)
        close(descriptor)
        descriptor = fresh
        isTorn = false
    }

    /// Writes bytes; waits for room where the destination is a pipe or a terminal that has none, as long as `mayWait`
    /// allows.
    ///
    /// - Returns: How many were written, and the error that kept the others from being so.
    mutating func write(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, mayWait: () -> Bool
    ) -> (written: Int, error: SystemError?) {
        if isTorn {
            let end: [UInt8] = [UInt8(ascii: "\n")]
            guard unsafe end.withUnsafeBytes({ unsafe put($0, mayWait).error }) == nil else { return (0, nil) }
            isTorn = false
        }
        let (head, failure) = unsafe put(first, mayWait)
        if unsafe failure != nil || second.isEmpty {
            if failure != nil, head > 0 { isTorn = unsafe first[head - 1] != UInt8(ascii: "\n") }
            return (head, failure)
        }
        let (tail, error) = unsafe put(second, mayWait)
        if error != nil {
            let last = unsafe tail > 0 ? second[tail - 1] : first[first.count - 1]
            isTorn = last != UInt8(ascii: "\n")
        }
        return (head + tail, error)
    }

    private func put(_ bytes: UnsafeRawBufferPointer, _ mayWait: () -> Bool) -> (written: Int, error: SystemError?) {
        var written = 0
        while written < bytes.count {
            #if canImport(Darwin)
                let count = unsafe Darwin.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            #elseif canImport(Musl)
                let count = unsafe Musl.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            #else
                let count = unsafe Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            #endif
            if count > 0 {
                written += count
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                guard mayWait() else { return (written, SystemError(code: EAGAIN, call: "write")) }
                var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&poller, 1, 100)
            } else {
                return (written, SystemError(code: count < 0 ? errno : EIO, call: "write"))
            }
        }
        return (written, nil)
    }
}

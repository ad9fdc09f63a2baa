import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads what `--body` names.
enum RequestContent {
    static func read(_ body: BenchOptions.Body) throws(BenchError) -> [UInt8] {
        switch body {
        case .standardInput: return try readAll(0, name: "on standard input")
        case .file(let path):
            let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw .unreadable(path, reason: SystemError(call: "open").reason) }
            defer { _ = close(descriptor) }
            return try readAll(descriptor, name: path)
        }
    }

    private static func readAll(_ descriptor: CInt, name: String) throws(BenchError) -> [UInt8] {
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let got = unsafe part.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                    unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
                #else
                    unsafe Darwin.read(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            guard got >= 0 else {
                if errno == EINTR { continue }
                throw .unreadable(name, reason: SystemError(call: "read").reason)
            }
            if got == 0 { return content }
            content += part[..<got]
        }
    }
}

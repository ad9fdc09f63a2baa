import ApusConfiguration
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file of a configuration.
enum ConfigurationFile {
    static func read(_ path: String) throws(ConfigurationProblem) -> ConfigurationNode {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try contents(of: path)
        } catch {
            throw ConfigurationProblem(
                .syntax, path: "", reason: "the file can't be read: \(error.reason)",
                origin: .file(path, line: 1, column: 1))
        }
        return try ConfigurationNode.layer(bytes, ofFile: path)
    }

    /// At most a byte more than a file may have.
    private static func contents(of path: String) throws(SystemError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(call: "open") }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= ConfigurationNode.longestFile {
            let got = unsafe part.withUnsafeMutableBytes { room in
                unsafe systemRead(descriptor, room.baseAddress, room.count)
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw SystemError(call: "read")
            }
            if got == 0 { break }
            bytes += part[..<got]
        }
        return bytes
    }
}

/// `read`, which a method here has the name of.
private let systemRead = unsafe read(_:_:_:)

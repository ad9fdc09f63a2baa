import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a master makes once for all of its workers, so that a client may meet any of them: what their ticket keys come of,
/// and the certificates that they make at start.
///
/// It goes to each worker, to those too that are started later, through a pipe that is handed over with the listening
/// sockets: command lines and environments can be read by others.
package struct WorkerSecrets: Codable, Equatable, Sendable {
    /// The place by which a worker finds the pipe among the sockets that are handed over to it.
    package static let place = "secrets"

    /// What ticket keys come of: 32 random bytes.
    package let tickets: [UInt8]
    /// Certificates that sign themselves, with their keys, in PEM; by the names that they are for.
    var identities: [String: String] = [:]

    /// A new secret, and no certificates.
    package init() {
        // The generator of the system.
        var random = SystemRandomNumberGenerator()
        tickets = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// What a pipe holds, to its end; nil when that is something else. Blocks for its writer.
    package init?(reading descriptor: CInt) {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            let got = unsafe read(descriptor, &part, part.count)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            bytes += part[..<got]
        }
        guard let secrets = try? JSONCoding.decode(WorkerSecrets.self, from: bytes) else { return nil }
        self = secrets
    }

    /// A pipe that holds this; the descriptor is the caller's to close.
    ///
    /// - Throws: `SystemError`; without room in the pipe too.
    package func pipe() throws -> CInt {
        let bytes = try JSONCoding.encode(self)
        var ends: [CInt] = [-1, -1]
        guard unsafe systemPipe(&ends) == 0 else { throw SystemError(call: "pipe") }
        defer { closeDescriptor(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // Nobody reads yet: what does not fit would hold the master for ever.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe write(ends[1], bytes.baseAddress.unsafelyUnwrapped + sent, bytes.count - sent)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = SystemError(call: "write")
                closeDescriptor(ends[0])
                throw error
            }
            sent += count
        }
        return ends[0]
    }

    static func key(_ names: [String]) -> String { names.joined(separator: " ") }
}

/// The system's, behind the method of that name.
private func systemPipe(_ ends: UnsafeMutablePointer<CInt>) -> CInt { unsafe pipe(ends) }

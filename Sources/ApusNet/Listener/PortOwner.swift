#if canImport(Glibc)
    import Glibc
#endif

/// Finds which process listens on a port, or a Unix socket, for the message that says so. Linux's /proc; elsewhere nothing is found.
enum PortOwner {
    /// For example `nginx (pid 812)`; nil when it can't be seen.
    static func find(_ address: SocketAddress) -> String? {
        #if os(Linux)
            let inodes = listeningInodes(at: address)
            guard !inodes.isEmpty else { return nil }
            for pid in entries("/proc").compactMap({ Int32($0) }) {
                for descriptor in entries("/proc/\(pid)/fd") {
                    guard let target = link("/proc/\(pid)/fd/\(descriptor)"), target.hasPrefix("socket:["),
                        inodes.contains(String(target.dropFirst(8).dropLast()))
                    else { continue }
                    let name = text("/proc/\(pid)/comm").map { String($0.dropLast()) } ?? "a process"
                    return pid == getpid() ? "this process (pid \(pid))" : "\(name) (pid \(pid))"
                }
            }
        #endif
        return nil
    }

    #if os(Linux)
        private static func listeningInodes(at address: SocketAddress) -> Set<String> {
            switch address {
            case .ipv4(_, let port), .ipv6(_, let port, _): listeningInodes(port: port)
            case .unix(let path): listeningInodes(path: path)
            }
        }

        /// Those bound to a path, or to a name that begins with `@`, in just these words.
        private static func listeningInodes(path: String) -> Set<String> {
            var found: Set<String> = []
            for line in (text("/proc/net/unix") ?? "").split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ", maxSplits: 7, omittingEmptySubsequences: true)
                // The flag is __SO_ACCEPTCON: it listens.
                if fields.count == 8, fields[7] == path, fields[3] == "00010000" { found.insert(String(fields[6])) }
            }
            return found
        }

        private static func listeningInodes(port: UInt16) -> Set<String> {
            var found: Set<String> = []
            let digits = String(port, radix: 16, uppercase: true)
            let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
            for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
                for line in (text(table) ?? "").split(separator: "\n").dropFirst() {
                    let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                    if fields.count > 9, fields[1].hasSuffix(suffix), fields[3] == "0A" {
                        found.insert(String(fields[9]))
                    }
                }
            }
            return found
        }

        private static func entries(_ path: String) -> [String] {
            guard let directory = unsafe opendir(path) else { return [] }
            defer { unsafe closedir(directory) }
            var names: [String] = []
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                names.append(name)
            }
            return names
        }

        private static func link(_ path: String) -> String? {
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { target in
                let length = unsafe readlink(path, target.baseAddress!, 255)
                guard length > 0 else { return nil }
                unsafe target[length] = 0
                return unsafe String(cString: target.baseAddress!)
            }
        }

        private static func text(_ path: String) -> String? {
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
    #endif
}

import ApusRuntime

#if canImport(Glibc)
    import Glibc
#endif

/// Finds which process listens on a port, or on a Unix socket, for the message that says so. By /proc of Linux; elsewhere
/// nothing is found.
enum PortOwner {
    /// For example `nginx (pid 812)`; nil when it can't be seen.
    static func find(_ address: SocketAddress) -> String? {
        #if os(Linux)
            let inodes = listeningInodes(at: address)
            guard !inodes.isEmpty else { return nil }
            for pid in SystemFiles.names(in: "/proc").compactMap({ Int32($0) }) {
                for descriptor in SystemFiles.names(in: "/proc/\(pid)/fd") {
                    guard let target = SystemFiles.link("/proc/\(pid)/fd/\(descriptor)"), target.hasPrefix("socket:["),
                        inodes.contains(String(target.dropFirst(8).dropLast()))
                    else { continue }
                    let name = SystemFiles.text("/proc/\(pid)/comm").map { String($0.dropLast()) } ?? "a process"
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
            for line in (SystemFiles.text("/proc/net/unix") ?? "").split(separator: "\n").dropFirst() {
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
                for line in (SystemFiles.text(table) ?? "").split(separator: "\n").dropFirst() {
                    let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                    if fields.count > 9, fields[1].hasSuffix(suffix), fields[3] == "0A" {
                        found.insert(String(fields[9]))
                    }
                }
            }
            return found
        }
    #endif
}

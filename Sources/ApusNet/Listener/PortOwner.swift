import ApusRuntime

#if canImport(Glibc)
    import Glibc
#endif

/// Finds which process listens on a port, for the message that says so. Linux's /proc; elsewhere nothing is found.
enum PortOwner {
    /// For example `nginx (pid 812)`; nil when it can't be seen.
    static func find(_ address: SocketAddress) -> String? {
        #if os(Linux)
            guard let port = address.port else { return nil }
            let inodes = listeningInodes(port: port)
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

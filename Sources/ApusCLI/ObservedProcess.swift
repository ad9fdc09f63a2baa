import ApusRuntime

/// What Linux tells of another process (proc(5)); elsewhere, and of another user's, it is nothing.
struct ObservedProcess {
    let pid: Int32

    init(_ pid: Int32) { self.pid = pid }

    /// All there are.
    static var all: [ObservedProcess] {
        SystemFiles.names(in: "/proc").compactMap { Int32($0) }.map(ObservedProcess.init)
    }

    /// Whether it runs: one that has ended, and that nobody has asked about yet, does not.
    var isAlive: Bool { Self.state(of: pid).map { $0.letter != "Z" } ?? false }

    /// The processes that it has started, and that run.
    var children: Set<Int32> {
        Set(
            Self.all.map(\.pid).filter { child in
                guard let state = Self.state(of: child) else { return false }
                return state.parent == pid && state.letter != "Z"
            })
    }

    /// The sockets that it has open, by their inodes, which they keep when they are handed on.
    var sockets: Set<String> {
        Set(
            SystemFiles.names(in: "/proc/\(pid)/fd").compactMap { name in
                SystemFiles.link("/proc/\(pid)/fd/\(name)").flatMap { target in
                    target.hasPrefix("socket:[") ? String(target.dropFirst(8).dropLast()) : nil
                }
            })
    }

    /// Whether it has a listening socket of TCP or of the file system.
    var listens: Bool { !listeningSockets.isEmpty }

    /// Those of its sockets that listen, of TCP or of the file system.
    var listeningSockets: Set<String> {
        let own = sockets
        guard !own.isEmpty else { return [] }
        var listening: Set<String> = []
        for (table, column, isListening) in [
            ("tcp", 9, { $0[3] == "0A" }), ("tcp6", 9, { $0[3] == "0A" }),
            // __SO_ACCEPTCON among the flags.
            ("unix", 6, { $0[3] == "00010000" }),
        ] as [(String, Int, ([Substring]) -> Bool)] {
            for line in (SystemFiles.text("/proc/\(pid)/net/\(table)") ?? "").split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                guard fields.count > column, isListening(fields) else { continue }
                listening.insert(String(fields[column]))
            }
        }
        return own.intersection(listening)
    }

    private static func state(of pid: Int32) -> (letter: Character, parent: Int32)? {
        // The name stands in parentheses, and may hold anything.
        guard let text = SystemFiles.text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 1, let letter = fields[0].first, let parent = Int32(fields[1]) else { return nil }
        return (letter, parent)
    }
}

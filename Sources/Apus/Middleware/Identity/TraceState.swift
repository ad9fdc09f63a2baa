/// The list that tracing systems pass on: `tracestate` (Trace Context, 3.3).
enum TraceState {
    /// The most members that a list may have.
    static let mostMembers = 32
    /// What is passed on at most, in bytes; a member is dropped as a whole, long ones first (3.3.1.5).
    static let mostBytes = 512
    private static let longMember = 128

    /// The list as it is passed on; empty when the field is absent or not to the grammar: then nothing of it is.
    static func read(_ field: String?) -> String {
        guard let field else { return "" }
        var members: [Substring] = []
        var keys: Set<Substring> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: true) {
            let member = trimmed(part)
            if member.isEmpty { continue }
            guard let key = key(of: member), keys.insert(key).inserted, members.count < mostMembers else { return "" }
            members.append(member)
        }
        return shortened(members)
    }

    private static func shortened(_ members: [Substring]) -> String {
        var members = members
        var count = members.reduce(members.count - 1) { $0 + $1.utf8.count }
        func drop(at index: Int) {
            count -= members[index].utf8.count + 1
            members.remove(at: index)
        }
        while count > mostBytes {
            drop(at: members.lastIndex { $0.utf8.count > longMember } ?? members.count - 1)
        }
        return members.joined(separator: ",")
    }

    /// The key of `key "=" value`, when both are to the grammar.
    private static func key(of member: Substring) -> Substring? {
        guard let equals = member.firstIndex(of: "=") else { return nil }
        let key = member[..<equals]
        let value = member[member.index(after: equals)...].utf8
        guard let first = key.utf8.first, isLetterOrDigit(first), key.utf8.count <= 256,
            key.utf8.allSatisfy({ isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }), (1...256).contains(value.count),
            value.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") })
        else { return nil }
        return key
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }

    /// Without the spaces and tabs around it.
    private static func trimmed(_ part: Substring) -> Substring {
        let bytes = part.utf8
        guard let start = bytes.firstIndex(where: { $0 != 0x20 && $0 != 0x09 }),
            let end = bytes.lastIndex(where: { $0 != 0x20 && $0 != 0x09 })
        else { return "" }
        return part[start...end]
    }
}

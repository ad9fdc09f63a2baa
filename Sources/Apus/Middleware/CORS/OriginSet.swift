import ApusHTTP

/// An origin as a browser writes it (RFC 6454, 6.2), or what stands for several.
struct OriginPattern {
    /// What stands before the wildcard of the host, `https://`, or the whole.
    let prefix: [UInt8]
    /// What stands behind it, `.example.com`; nil where the host has no wildcard.
    let suffix: [UInt8]?
    /// Whether any port may follow, or none.
    let allowsAnyPort: Bool

    var isExact: Bool { suffix == nil && !allowsAnyPort }

    init?(_ text: String) {
        if text == "null" {
            (prefix, suffix, allowsAnyPort) = (Array(text.utf8), nil, false)
            return
        }
        guard let colon = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<colon.lowerBound]
        var rest = text[colon.upperBound...]
        guard let first = scheme.utf8.first, (97...122).contains(first), scheme.utf8.allSatisfy(Self.isSchemeByte)
        else {
            return nil
        }
        allowsAnyPort = rest.hasSuffix(":*")
        if allowsAnyPort { rest = rest.dropLast(2) }
        let isWild = rest.hasPrefix("*.")
        let host = isWild ? rest.dropFirst(2) : rest
        guard Self.isHost(host, allowsPort: !allowsAnyPort), !isWild || !host.hasPrefix("[") else { return nil }
        // A browser leaves the scheme's own port out, so such a pattern would never match.
        guard !(scheme == "https" && host.hasSuffix(":443")), !(scheme == "http" && host.hasSuffix(":80")) else {
            return nil
        }
        prefix = isWild ? Array("\(scheme)://".utf8) : Array("\(scheme)://\(host)".utf8)
        suffix = isWild ? Array(".\(host)".utf8) : nil
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 97...122, 48...57, 43, 45, 46: true
        default: false
        }
    }

    /// A name in small letters, or an IPv6 address in brackets; with a port where that is allowed.
    private static func isHost(_ text: Substring, allowsPort: Bool) -> Bool {
        var name = text
        if allowsPort, let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            let port = text[text.index(after: colon)...]
            guard let number = UInt16(port: port), number > 0 else { return false }
            name = text[..<colon]
        }
        if name.hasPrefix("[") {
            return name.hasSuffix("]") && name.utf8.count > 3
                && name.utf8.dropFirst().dropLast().allSatisfy {
                    (48...58).contains($0) || (97...102).contains($0) || $0 == 46
                }
        }
        return !name.isEmpty && name.utf8.allSatisfy(isHostByte) && !name.hasPrefix(".") && !name.contains("..")
    }

    fileprivate static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 97...122, 48...57, 45, 46, 95: true
        default: false
        }
    }

    /// Whether the origin is one of those that the pattern stands for.
    func matches(_ origin: RawSpan) -> Bool {
        var end = origin.byteCount
        if allowsAnyPort { end = origin.endWithoutPort }
        guard origin.hasPrefix(prefix, upTo: end) else { return false }
        guard let suffix else { return end == prefix.count }
        let start = prefix.count
        let middle = end - suffix.count
        guard middle > start else { return false }
        for index in suffix.indices where origin.byte(at: middle + index) != suffix[index] { return false }
        // What the star stands for is labels: no user information, no port, no path to slip something in by.
        for index in start..<middle where !Self.isHostByte(origin.byte(at: index)) { return false }
        return true
    }
}

extension RawSpan {
    fileprivate func hasPrefix(_ prefix: [UInt8], upTo end: Int) -> Bool {
        guard end >= prefix.count else { return false }
        for index in prefix.indices where byte(at: index) != prefix[index] { return false }
        return true
    }

    /// Where the host ends that a port may follow.
    fileprivate var endWithoutPort: Int {
        var index = byteCount
        while index > 0 {
            index -= 1
            let byte = byte(at: index)
            if byte == 0x3A { return byteCount - index <= 6 && byteCount - index > 1 ? index : byteCount }
            guard (48...57).contains(byte) else { break }
        }
        return byteCount
    }
}

/// Origins, each with the fields for answers to it, and patterns.
struct OriginSet {
    private struct Entry {
        let origin: [UInt8]
        let block: FieldBlock
    }

    /// By a hash of the origin; as many places as there are origins twice over, so that a look is short.
    private var places: [Entry?] = Array(repeating: nil, count: 4)
    private var count = 0
    private var patterns: [OriginPattern] = []

    mutating func insert(_ pattern: OriginPattern, _ block: FieldBlock) {
        guard pattern.isExact else { return patterns.append(pattern) }
        if (count + 1) * 2 > places.count {
            let entries = places.compactMap { $0 }
            places = Array(repeating: nil, count: places.count * 2)
            for entry in entries { put(entry) }
        }
        count += 1
        put(Entry(origin: pattern.prefix, block: block))
    }

    private mutating func put(_ entry: Entry) {
        var index = unsafe Self.hash(entry.origin.span.bytes) & (places.count - 1)
        while let other = places[index] {
            if other.origin == entry.origin {
                places[index] = entry
                return
            }
            index = (index + 1) & (places.count - 1)
        }
        places[index] = entry
    }

    /// The fields for an origin that is listed as it is.
    func block(for origin: RawSpan) -> FieldBlock? {
        var index = Self.hash(origin) & (places.count - 1)
        while let entry = places[index] {
            if entry.origin.count == origin.byteCount, origin.isEqual(to: entry.origin) { return entry.block }
            index = (index + 1) & (places.count - 1)
        }
        return nil
    }

    func matches(_ origin: RawSpan) -> Bool { patterns.contains { $0.matches(origin) } }

    /// FNV-1a. The set is the program's own, so nobody can make it slow by what he asks for.
    private static func hash(_ bytes: RawSpan) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<bytes.byteCount { hash = (hash ^ UInt64(bytes.byte(at: index))) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash &>> 32)
    }
}

extension RawSpan {
    fileprivate func isEqual(to bytes: [UInt8]) -> Bool {
        for index in bytes.indices where byte(at: index) != bytes[index] { return false }
        return true
    }
}

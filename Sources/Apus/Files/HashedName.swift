/// Names of files that hold a hash of their content, as bundlers write them: such a file never changes.
enum HashedName {
    /// What is said of them: a year, and no question in between (RFC 8246).
    static let cacheControl = "public, max-age=31536000, immutable"

    /// Whether a part of the name behind its first one is a hash: `app.3f9a1c2b.js`, `chunk-BQk3x9aZ.js.map`.
    ///
    /// Dates and words are no hashes: it takes eight characters at least, of hexadecimal digits with letters and
    /// figures among them, or of small letters, capitals and figures.
    static func isHashed(_ name: some Sequence<UInt8>) -> Bool {
        let parts = Array(name).split(omittingEmptySubsequences: false) { byte in
            byte == .dot || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        // The last part is the extension.
        guard parts.count > 2 else { return false }
        return parts[1..<(parts.count - 1)].contains(where: isHash)
    }

    private static func isHash(_ part: ArraySlice<UInt8>) -> Bool {
        guard (8...64).contains(part.count) else { return false }
        var figures = false
        var small = false
        var capitals = false
        var isHexadecimal = true
        for byte in part {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): figures = true
            case UInt8(ascii: "a")...UInt8(ascii: "f"): small = true
            case UInt8(ascii: "g")...UInt8(ascii: "z"):
                small = true
                isHexadecimal = false
            case UInt8(ascii: "A")...UInt8(ascii: "F"): capitals = true
            case UInt8(ascii: "G")...UInt8(ascii: "Z"):
                capitals = true
                isHexadecimal = false
            default: return false
            }
        }
        return figures && (isHexadecimal ? small || capitals : small && capitals)
    }
}

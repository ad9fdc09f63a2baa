/// When a head that was incomplete is worth another look.
public enum HTTP1HeadProgress {
    /// Whether to parse again: the bytes from `seen` on end a line, or a line has outgrown its limit without an end.
    ///
    /// Between two calls that say yes the parser would have answered `.incomplete`, or refused what it will refuse at
    /// the next; so a client that sends a byte at a time costs one parse for each line and not for each byte.
    ///
    /// - Parameters:
    ///   - bytes: all the bytes of the head so far.
    ///   - seen: how many of them were there when the parser said `.incomplete`.
    ///   - limits: the limits that the parser heeds.
    public static func shouldParse(_ bytes: RawSpan, seen: Int, limits: HTTP1Limits) -> Bool {
        if bytes.firstIndex(of: .lineFeed, from: seen) < bytes.byteCount { return true }
        let longest = min(limits.startLine, limits.fieldLine)
        guard bytes.byteCount > longest else { return false }
        var index = bytes.byteCount
        let earliest = bytes.byteCount &- longest
        while index > earliest {
            index &-= 1
            if bytes.byte(index) == .lineFeed { return false }
        }
        return true
    }
}

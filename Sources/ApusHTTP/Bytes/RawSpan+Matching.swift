extension RawSpan {
    /// Whether the bytes at `start` spell `literal`, which is in lower case, in whatever case; the caller has seen
    /// that as many bytes are there. Letters alone are folded.
    @inline(__always)
    func matches(_ literal: StaticString, at start: Int) -> Bool {
        let count = literal.utf8CodeUnitCount
        if count < 8 {
            var index = 0
            while index < count {
                guard byte(start &+ index).lowercased == literal.byte(index) else { return false }
                index &+= 1
            }
            return true
        }
        var index = 0
        while true {
            let wanted = literal.word(index)
            let fold = (wanted & 0x4040_4040_4040_4040) &>> 1
            guard word(start &+ index) | fold == wanted else { return false }
            if index == count &- 8 { return true }
            index = min(index &+ 8, count &- 8)
        }
    }

    /// Whether `literal`, in lower case, begins the bytes from `start` to `end`, in whatever case.
    @inline(__always)
    func hasPrefix(_ literal: StaticString, from start: Int, to end: Int) -> Bool {
        end &- start >= literal.utf8CodeUnitCount && matches(literal, at: start)
    }

    /// Whether the span is `literal`, in lower case, in whatever case.
    @inline(__always)
    func equals(_ literal: StaticString) -> Bool {
        byteCount == literal.utf8CodeUnitCount && matches(literal, at: 0)
    }
}

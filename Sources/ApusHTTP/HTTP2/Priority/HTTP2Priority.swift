import ApusRuntime

/// How urgent a response is (RFC 9218, 4).
@frozen public struct HTTP2Priority: Hashable, Sendable {
    /// From 0, which comes first, to 7, which comes last.
    public let urgency: UInt8
    /// Whether parts of the response are of use before it is whole, so that it takes turns with others.
    public let isIncremental: Bool

    /// A priority of those parts, by default the protocol's; an urgency above 7 counts as 7.
    @inlinable public init(urgency: UInt8 = 3, isIncremental: Bool = false) {
        self.urgency = min(urgency, 7)
        self.isIncremental = isIncremental
    }

    /// The priority of a stream whose client has said nothing: the usual urgency, and turns with the others, so that a
    /// long response does not hold up a short one.
    @inlinable public static var unsignalled: Self { Self(isIncremental: true) }
}

extension HTTP2Priority {
    /// Reads the value of a Priority field or of PRIORITY_UPDATE: a dictionary of RFC 9651 of which `u` and `i` count.
    ///
    /// What is missing, out of range or of another type has its default; a value that is no dictionary is
    /// the default as a whole.
    public init(parsing value: RawSpan) {
        self.init()
        var urgency: UInt8 = 3
        var isIncremental = false
        var reader = FieldReader(value)
        reader.skipSpaces()
        guard !reader.isAtEnd else { return }
        while true {
            guard let key = reader.takeStructuredKey() else { return }
            let item: StructuredItem
            if reader.take(.equals) {
                guard let value = reader.takeStructuredValue() else { return }
                item = value
            } else {
                item = .boolean(true)
            }
            guard reader.skipStructuredParameters() else { return }
            if key.count == 1 {
                switch (value.byte(key.lowerBound), item) {
                case (0x75, .integer(let number)): urgency = (0...7).contains(number) ? UInt8(number) : 3
                case (0x75, _): urgency = 3
                case (0x69, .boolean(let flag)): isIncremental = flag
                case (0x69, _): isIncremental = false
                default: break
                }
            }
            reader.skipBlanks()
            if reader.isAtEnd { break }
            guard reader.take(.comma) else { return }
            reader.skipBlanks()
            // A comma must be followed by a member.
            guard !reader.isAtEnd else { return }
        }
        self.init(urgency: urgency, isIncremental: isIncremental)
    }
}

extension Buffer {
    /// Appends the value of a Priority field: 5 bytes at most.
    mutating func append(priority: HTTP2Priority) {
        append("u=")
        append(byte: 0x30 &+ priority.urgency)
        if priority.isIncremental { append(",i") }
    }
}

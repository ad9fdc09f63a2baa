import ApusRuntime

/// What a client says of a response's urgency (RFC 9218, 4).
@frozen public struct HTTP2Priority: Hashable, Sendable {
    /// From 0, which comes first, to 7, which comes last. Default 3.
    public var urgency: UInt8
    /// Whether parts of the response are of use before it is whole, so that it may take turns with others.
    public var isIncremental: Bool

    /// A priority of those parts; an urgency above 7 counts as 7.
    @inlinable public init(urgency: UInt8 = 3, isIncremental: Bool = false) {
        self.urgency = min(urgency, 7)
        self.isIncremental = isIncremental
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

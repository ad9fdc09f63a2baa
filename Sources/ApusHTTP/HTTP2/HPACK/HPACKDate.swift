import ApusRuntime

/// A Date field ready to be sent over HTTP/2: encoded once a second for all of a loop's connections.
///
/// ```swift
/// let date = HPACKDate(IMFDate(secondsSince1970: 784_111_777))
/// assert(date.secondsSince1970 == 784_111_777)
/// ```
public struct HPACKDate: Sendable {
    /// The moment it says.
    public let secondsSince1970: Int64
    // The literal that asks to be remembered, with the name's index (RFC 7541, 6.2.1).
    private var literal = InlineArray<32, UInt8>(repeating: 0)
    private var count = 0

    /// Encodes the field.
    public init(_ date: IMFDate) {
        secondsSince1970 = date.secondsSince1970
        var buffer = Buffer(capacity: 64)
        buffer.append(hpackInteger: KnownField.date.staticIndex, pattern: 0x40, mask: 0x3F)
        buffer.append(hpackString: date.bytes.span.raw)
        count = buffer.count
        for index in 0..<count { literal[index] = buffer.bytes.byte(index) }
    }

    /// Appends the literal, 31 bytes at most; one that is not to be remembered when `isIndexed` is false.
    func append(to buffer: inout Buffer, isIndexed: Bool) {
        if isIndexed {
            unsafe buffer.append(literal.span.extracting(..<count).bytes)
        } else {
            buffer.append(hpackInteger: KnownField.date.staticIndex, pattern: 0, mask: 0x0F)
            unsafe buffer.append(literal.span.extracting(1..<count).bytes)
        }
    }
}

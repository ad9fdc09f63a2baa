public import ApusRuntime

/// Fields that are the same for many messages, written out once: a message takes them in one copy.
///
/// ```swift
/// let block = FieldBlock([.xContentTypeOptions: "nosniff", .referrerPolicy: "no-referrer"])
/// ```
///
/// A reference to something that never changes; any thread may use it.
public final class FieldBlock: Sendable {
    /// The fields, in their order.
    public let fields: HTTPFields
    /// Which names are among them.
    public let names: FieldNameSet
    /// Each as `Name: value` with its CR LF, as HTTP/1.1 has them.
    private let lines: [UInt8]

    /// A block of `fields`. Those that only a server or client itself may write are left out: Content-Length,
    /// Transfer-Encoding, Connection and Date.
    public init(_ fields: HTTPFields) {
        let framing: [HTTPField.Name] = [.contentLength, .transferEncoding, .connection, .date]
        let fields = HTTPFields(fields.filter { !framing.contains($0.name) })
        self.fields = fields
        names = FieldNameSet(fields)
        var buffer = Buffer(capacity: fields.reduce(1) { $0 + Buffer.count(of: $1) })
        for field in fields { buffer.append(field: field) }
        lines = unsafe buffer.bytes.withUnsafeBytes { unsafe Array($0) }
    }

    /// The bytes that the block takes in HTTP/1.1.
    public var byteCount: Int { lines.count }

    fileprivate func append(to buffer: inout Buffer) {
        unsafe lines.withUnsafeBytes { unsafe buffer.append(RawSpan(_unsafeBytes: $0)) }
    }
}

extension Buffer {
    /// Appends the field lines of a block: its ``FieldBlock/byteCount``.
    public mutating func append(_ block: FieldBlock) { block.append(to: &self) }
}

/// Which names some fields have, so that two lots of fields can be compared at a glance.
///
/// The known names are told apart exactly; all others count as one, and have to be looked at where two sets have some.
public struct FieldNameSet: Sendable, Hashable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// Whether names are among them that the library does not know.
    public private(set) var hasCustom = false

    /// No names.
    public init() {}

    /// The names of `fields`.
    public init(_ fields: HTTPFields) {
        for field in fields { insert(field.name) }
    }

    /// Adds a name.
    public mutating func insert(_ name: HTTPField.Name) {
        let code = name.code
        if code == 0 {
            hasCustom = true
        } else if code < 64 {
            low |= 1 &<< UInt64(code)
        } else {
            high |= 1 &<< UInt64(code & 0x3F)
        }
    }

    /// Takes a name away; the ones that the library does not know stay.
    public mutating func remove(_ name: HTTPField.Name) {
        let code = name.code
        if code < 64 { low &= ~(1 &<< UInt64(code)) } else { high &= ~(1 &<< UInt64(code & 0x3F)) }
    }

    /// Adds the names of another set.
    public mutating func formUnion(_ other: FieldNameSet) {
        low |= other.low
        high |= other.high
        hasCustom = hasCustom || other.hasCustom
    }

    /// Whether a name is in the set; true for every name that the library does not know when the set has some of those.
    public func mayContain(_ name: HTTPField.Name) -> Bool {
        let code = name.code
        if code == 0 { return hasCustom }
        return (code < 64 ? low : high) &>> UInt64(code & 0x3F) & 1 == 1
    }

    /// Whether no name can be in both sets.
    public func isDisjoint(with other: FieldNameSet) -> Bool {
        low & other.low == 0 && high & other.high == 0 && !(hasCustom && other.hasCustom)
    }
}

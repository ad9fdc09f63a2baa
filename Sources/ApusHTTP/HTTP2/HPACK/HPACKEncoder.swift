public import ApusRuntime

/// The encoder of one connection's header blocks (RFC 7541).
///
/// It writes into a `Buffer` whose room its caller has seen to, remembers in the peer's table what is likely to come
/// again, and keeps secrets out of it. Not to be shared between loops.
///
/// ```swift
/// var encoder = HPACKEncoder()
/// var buffer = Buffer(capacity: 256)
/// encoder.begin(&buffer)
/// encoder.append(.ok, to: &buffer)
/// encoder.append(contentLength: 13, to: &buffer)
/// assert(buffer.count == 6)
/// ```
public struct HPACKEncoder: ~Copyable {
    /// Where a literal stands in the peer's table: a content type that a handler gave as a literal of the program.
    private struct Remembered {
        var address: UInt = 0
        var count: UInt32 = 0
        var number: UInt32 = 0
    }

    private var table = HPACKEncoderTable()
    private var contentTypes = InlineArray<4, Remembered>(repeating: Remembered())
    private var dateSeconds = Int64.min
    private var dateNumber: UInt32 = 0
    // The hashes of fields that came once, to remember those that come twice.
    private var sightings = InlineArray<16, UInt16>(repeating: 0)

    // What the peer's table may take, as it has to be told: the least value since the last block, and the present one.
    private var leastSize = HPACKEncoderTable.largestSize
    private var newSize = HPACKEncoderTable.largestSize
    private var hasSizeUpdate = false
    // What changes how fields are sent, beside the table's fields.
    private var changes: UInt32 = 0

    /// An encoder for a peer that has not yet said anything of its table: 4,096 octets.
    public init() {}

    /// The most bytes that the updates at the beginning of a block take, and a status.
    public static var prologueByteCount: Int { 32 }

    /// The most bytes that ``append(_:to:)-(HTTPField,_)`` takes for `field`.
    public static func byteCount(of field: HTTPField) -> Int {
        let name = field.name.code != 0 ? KnownField.spelling(of: field.name.code).count : field.name.custom.utf8.count
        return name + field.value.utf8.count + 18
    }

    /// Differs from all earlier values whenever the next block could be encoded otherwise than an equal one before: a
    /// block in whose encoding it stayed the same may be sent again, octet by octet, as long as it does.
    public var revision: UInt64 { UInt64(changes) &<< 32 | UInt64(table.added) }

    /// The bytes of memory that the table takes now.
    public var allocatedByteCount: Int { table.allocatedByteCount }

    /// Heeds the peer's SETTINGS_HEADER_TABLE_SIZE; the next block tells it so (RFC 7541, 4.2).
    /// - Parameter size: the setting in octets, from 0; what exceeds 4,096 is not made use of.
    public mutating func setTableSizeLimit(_ size: Int) {
        let size = min(max(size, 0), HPACKEncoderTable.largestSize)
        guard size != newSize else { return }
        leastSize = hasSizeUpdate ? min(leastSize, size) : size
        newSize = size
        hasSizeUpdate = true
        changes &+= 1
        table.resize(to: min(size, table.maximumSize))
    }

    /// Begins a block, which every block has to: tells the peer what its table may take now, where that has changed.
    /// Takes 12 bytes at most, and mostly none.
    @inline(__always)
    public mutating func begin(_ buffer: inout Buffer) {
        if hasSizeUpdate { appendSizeUpdates(&buffer) }
    }

    @inline(never)
    private mutating func appendSizeUpdates(_ buffer: inout Buffer) {
        if leastSize < newSize { buffer.append(hpackInteger: leastSize, pattern: 0x20, mask: 0x1F) }
        buffer.append(hpackInteger: newSize, pattern: 0x20, mask: 0x1F)
        table.resize(to: newSize)
        hasSizeUpdate = false
        changes &+= 1
    }

    /// Appends `:status`, the first field of a response: at most 5 bytes.
    public mutating func append(_ status: Status, to buffer: inout Buffer) {
        if let index = Self.staticIndex(of: status) {
            buffer.append(byte: 0x80 | index)
        } else {
            buffer.append(byte: 0x08)
            buffer.append(byte: 3)
            buffer.appendDecimal(Int(status.code))
        }
    }

    @inline(__always)
    private static func staticIndex(of status: Status) -> UInt8? {
        switch status.code {
        case 200: 8
        case 204: 9
        case 206: 10
        case 304: 11
        case 400: 12
        case 404: 13
        case 500: 14
        default: nil
        }
    }

    /// Appends Content-Length: at most 22 bytes.
    @inline(__always)
    public mutating func append(contentLength: Int, to buffer: inout Buffer) {
        // Without indexing, the name at 28. Digits are hardly shorter in Huffman code.
        buffer.append(byte: 0x0F)
        buffer.append(byte: 0x0D)
        var count: UInt8 = 1
        var limit = 10
        while contentLength >= limit, count < 19 {
            count &+= 1
            limit = limit.multipliedReportingOverflow(by: 10).overflow ? .max : limit &* 10
        }
        buffer.append(byte: count)
        buffer.appendDecimal(contentLength)
    }

    /// Appends Date: a byte or two once it was sent, else at most 32.
    public mutating func append(_ date: borrowing HPACKDate, to buffer: inout Buffer) {
        if date.secondsSince1970 == dateSeconds, let index = table.index(of: dateNumber) {
            buffer.append(hpackInteger: index, pattern: 0x80, mask: 0x7F)
        } else if let number = table.add(anonymousOf: 4 + IMFDate.byteCount) {
            dateSeconds = date.secondsSince1970
            dateNumber = number
            date.append(to: &buffer, isIndexed: true)
        } else {
            date.append(to: &buffer, isIndexed: false)
        }
    }

    /// Appends Content-Type: a byte or two once it was sent, else at most 12 bytes and its own.
    public mutating func append(contentType: StaticString, to buffer: inout Buffer) {
        let address = unsafe UInt(bitPattern: contentType.utf8Start)
        let count = UInt32(truncatingIfNeeded: contentType.utf8CodeUnitCount)
        let slot = Int(truncatingIfNeeded: address &>> 4) & 3
        let remembered = contentTypes[slot]
        if remembered.address == address, remembered.count == count, let index = table.index(of: remembered.number) {
            buffer.append(hpackInteger: index, pattern: 0x80, mask: 0x7F)
            return
        }
        let value = unsafe RawSpan(_unsafeStart: contentType.utf8Start, byteCount: contentType.utf8CodeUnitCount)
        if let number = append(KnownField.contentType.rawValue, name: RawSpan(), value, .incremental, to: &buffer) {
            contentTypes[slot] = Remembered(address: address, count: count, number: number)
        }
    }

    /// Appends the fields that nearly every response begins with, and the beginning of the block itself: mostly 8 bytes,
    /// at most ``prologueByteCount``, 72 and those of the content type.
    ///
    /// - Parameters:
    ///   - status: the response's status.
    ///   - date: the loop's present date.
    ///   - contentType: the Content-Type, a literal of the program: what is kept of it is where it stands.
    ///   - contentLength: the Content-Length in bytes, from 0.
    ///   - buffer: what takes the block.
    public mutating func appendResponseHead(
        _ status: Status, date: borrowing HPACKDate, contentType: StaticString, contentLength: Int,
        to buffer: inout Buffer
    ) {
        begin(&buffer)
        append(status, to: &buffer)
        append(date, to: &buffer)
        append(contentType: contentType, to: &buffer)
        append(contentLength: contentLength, to: &buffer)
    }

    /// Appends a field; those that HTTP/2 forbids, as Connection, are left out (RFC 9113, 8.2.2). See
    /// ``byteCount(of:)``.
    public mutating func append(_ field: HTTPField, to buffer: inout Buffer) {
        append(field.name, field.value.utf8.span.raw, to: &buffer)
    }

    /// Appends a field; those that HTTP/2 forbids are left out.
    ///
    /// - Parameters:
    ///   - name: the name.
    ///   - value: the value, fit to be sent: see ``HTTPField/isValidValue(_:)``.
    ///   - buffer: what takes it: at most 18 bytes and those of name and value.
    public mutating func append(_ name: HTTPField.Name, _ value: RawSpan, to buffer: inout Buffer) {
        guard let known = KnownField(rawValue: name.code) else { return }
        let indexing = known.indexing(valueCount: value.byteCount)
        if case .omitted = indexing { return }
        if name.code == 0 {
            _ = append(0, name: name.custom.utf8.span.raw, value, indexing, to: &buffer)
        } else {
            _ = append(name.code, name: RawSpan(), value, indexing, to: &buffer)
        }
    }

    /// Appends the pseudo-fields of a request, at most 60 bytes and those of what is given.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - isSecure: whether the scheme is `https`.
    ///   - authority: host and port, without user information.
    ///   - path: the path with its query, or `*` with OPTIONS; nil for CONNECT to a tunnel, which has no scheme either.
    ///   - connectProtocol: the protocol of an extended CONNECT (RFC 8441, 4), else nil.
    ///   - buffer: what takes them.
    public mutating func appendRequest(
        _ method: HTTPMethod, isSecure: Bool, authority: RawSpan, path: RawSpan?, connectProtocol: StaticString? = nil,
        to buffer: inout Buffer
    ) {
        switch method.kind {
        case .get: buffer.append(byte: 0x82)
        case .post: buffer.append(byte: 0x83)
        default: append(.method, method.rawValue.utf8.span.raw, .repeated, to: &buffer)
        }
        if let connectProtocol {
            let value = unsafe RawSpan(
                _unsafeStart: connectProtocol.utf8Start, byteCount: connectProtocol.utf8CodeUnitCount)
            append(.protocol, value, .without, to: &buffer)
        }
        if let path {
            buffer.append(byte: isSecure ? 0x87 : 0x86)
            if path.equals("/") {
                buffer.append(byte: 0x84)
            } else {
                append(.path, path, .repeated, to: &buffer)
            }
        }
        append(.authority, authority, .incremental, to: &buffer)
    }

    private mutating func append(
        _ pseudo: PseudoField, _ value: RawSpan, _ indexing: HPACKIndexing, to buffer: inout Buffer
    ) {
        _ = append(pseudo.rawValue, name: RawSpan(), value, indexing, to: &buffer)
    }

    /// Appends a field by the shortest means that `indexing` allows; returns its number when it is in the table.
    private mutating func append(
        _ code: UInt8, name: RawSpan, _ value: RawSpan, _ indexing: HPACKIndexing, to buffer: inout Buffer
    ) -> UInt32? {
        var number: UInt32?
        var pattern: UInt8 = 0
        var mask: UInt8 = 0x0F
        switch indexing {
        case .omitted: return nil
        case .never: pattern = 0x10
        case .without: break
        case .repeated, .incremental:
            let field = HPACKEncoderField(code, name: name, value: value)
            if let number = table.find(field), let index = table.index(of: number) {
                buffer.append(hpackInteger: index, pattern: 0x80, mask: 0x7F)
                return number
            }
            if case .repeated = indexing {
                let sighting = UInt16(truncatingIfNeeded: field.hash &>> 4) | 1
                let place = Int(field.hash & 0xF)
                guard sightings[place] == sighting else {
                    sightings[place] = sighting
                    changes &+= 1
                    break
                }
            }
            number = table.add(field)
            if number != nil {
                pattern = 0x40
                mask = 0x3F
            }
        }
        let nameIndex = Self.nameIndex(of: code)
        buffer.append(hpackInteger: nameIndex, pattern: pattern, mask: mask)
        if nameIndex == 0 {
            if code == 0 {
                buffer.append(hpackName: name)
            } else if let pseudo = PseudoField(rawValue: code) {
                let name = pseudo.name
                buffer.append(
                    hpackString: unsafe RawSpan(_unsafeStart: name.utf8Start, byteCount: name.utf8CodeUnitCount))
            } else {
                KnownField.spelling(of: code).withUTF8Span { buffer.append(hpackName: $0) }
            }
        }
        buffer.append(hpackString: value)
        return number
    }

    /// The first place of a field's name in the static table, or 0.
    private static func nameIndex(of code: UInt8) -> Int {
        guard let pseudo = PseudoField(rawValue: code) else {
            return KnownField(rawValue: code)?.staticIndex ?? 0
        }
        return switch pseudo {
        case .authority: 1
        case .method: 2
        case .path: 4
        case .scheme: 6
        case .status: 8
        case .protocol, .unknown: 0
        }
    }
}

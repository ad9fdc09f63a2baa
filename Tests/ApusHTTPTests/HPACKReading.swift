import ApusRuntime

@testable import ApusHTTP

/// What came of decoding one block, in values that tests compare.
struct DecodedBlock: Equatable {
    var fields: [String]
    var tableCount: Int
    var tableSize: Int
    var malformation: HTTP2Malformation?
    var isTooLarge: Bool
}

/// Bytes from hexadecimal digits; white space is passed over.
func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap(\.hexValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

extension HPACKDecoder {
    /// Decodes a block, and lists its fields as `name: value`, pseudo-fields first.
    mutating func read(
        _ bytes: [UInt8], as kind: HeaderBlock.Kind = .request, into block: inout HeaderBlock
    ) throws(HPACKError) -> DecodedBlock {
        try decode(bytes.span.raw, as: kind, into: &block)
        return DecodedBlock(
            fields: block.lines, tableCount: tableCount, tableSize: tableSize, malformation: block.malformation,
            isTooLarge: block.isTooLarge)
    }

    mutating func read(_ bytes: [UInt8], as kind: HeaderBlock.Kind = .request) throws(HPACKError) -> DecodedBlock {
        var block = HeaderBlock()
        return try read(bytes, as: kind, into: &block)
    }
}

extension HeaderBlock {
    /// The fields as `name: value` in lower case, pseudo-fields first, without the Host made of an authority.
    var lines: [String] {
        var lines: [String] = []
        let pseudo = [
            (":status", status), (":method", method), (":scheme", scheme), (":path", path), (":authority", authority),
            (":protocol", self.protocol),
        ]
        for (name, place) in pseudo where !place.isEmpty {
            if name == ":authority", fields.count > 0, !isHostOfAuthority(0) { continue }
            lines.append("\(name): \(text(place))")
        }
        for index in 0..<fields.count where !isHostOfAuthority(index) {
            let field = fields[index]
            lines.append("\(fields.name(of: field, in: bytes).canonicalName): \(text(field.value))")
        }
        return lines
    }

    private func isHostOfAuthority(_ index: Int) -> Bool {
        fields[index].code == KnownField.host.rawValue && fields[index].value == authority && pseudoFields & 4 != 0
    }

    func text(_ place: ByteSlice) -> String { String(copyingLatin1OrUTF8: place.of(bytes)) }
}

/// Encodes one block.
func encode(
    _ encoder: inout HPACKEncoder, _ body: (inout HPACKEncoder, inout Buffer) -> Void
) -> [UInt8] {
    var buffer = Buffer(capacity: 64 * 1024)
    encoder.begin(&buffer)
    body(&encoder, &buffer)
    return (0..<buffer.count).map { buffer.bytes.byte($0) }
}

import TestSupport
import Testing

@testable import ApusHTTP

/// What HPACK itself asks of a decoder (RFC 7541, 2 to 6).
@Suite struct HPACKDecoderTests {
    static let refused: [(bytes: String, error: HPACKError)] = [
        // Integers (5.1).
        ("ff", .truncated), ("ff80", .truncated), ("7f", .truncated),
        ("ff8080808080", .integerTooLarge), ("ffffffffff7f", .integerTooLarge), ("ff80ffffff7f", .integerTooLarge),
        ("ffffffffffffffffffffff01", .integerTooLarge), ("00ffffffff7f", .integerTooLarge),
        ("000161 7fffffffff0f", .integerTooLarge),
        // Indices (2.3.3).
        ("80", .invalidIndex), ("be", .invalidIndex), ("ff00", .invalidIndex), ("7e0161", .invalidIndex),
        ("0f2f0161", .invalidIndex), ("1f2f0161", .invalidIndex), ("ffffffff7e", .invalidIndex),
        // Strings (5.2).
        ("00", .truncated), ("40", .truncated), ("000161", .truncated), ("0001610261", .truncated),
        ("00026100", .truncated),
        ("41ff", .truncated), ("5f", .truncated), ("0f01", .truncated),
        // Huffman code: padding of zeroes, of eight ones, EOS, EOS behind a symbol, a code that is not whole.
        ("4181 18", .invalidHuffmanCode), ("4182 1fff", .invalidHuffmanCode), ("4184 ffffffff", .invalidHuffmanCode),
        ("4185 1fffffffff", .invalidHuffmanCode), ("4181 ff", .invalidHuffmanCode), ("4181 fe", .invalidHuffmanCode),
        ("4182 fffa", .invalidHuffmanCode),
        ("4188 ffffffffffffffff", .invalidHuffmanCode), ("418a ffffffffffffffffffff", .invalidHuffmanCode),
        // Size updates (4.2 and 6.3).
        ("3fe21f", .tableTooLarge), ("3fe0ffff7f", .tableTooLarge), ("8220", .misplacedSizeUpdate),
        ("823f", .misplacedSizeUpdate), ("3f", .truncated),
    ]

    @Test("a block that breaks the format is a failure of the connection", arguments: refused)
    func refusal(_ example: (bytes: String, error: HPACKError)) {
        var decoder = HPACKDecoder()
        #expect(throws: example.error) { try decoder.read(hex(example.bytes)) }
    }

    @Test("an integer may be longer than it need be, and as large as 2²⁸ − 1")
    func integers() throws {
        var decoder = HPACKDecoder()
        #expect(try decoder.read(hex("3f8080800082")).fields == [":method: GET"])
        // 2²⁸ − 1 as an index is read, and in no table.
        #expect(throws: HPACKError.invalidIndex) { try decoder.read(hex("ff80ffff7f")) }
        #expect(throws: HPACKError.integerTooLarge) { try decoder.read(hex("ff81ffff7f")) }
    }

    @Test("every octet is read in Huffman code, at every place of a string")
    func octets() throws {
        var block = HeaderBlock()
        var decoder = HPACKDecoder()
        for octet in UInt8.min...UInt8.max {
            for place in [0, 1, 6, 7, 8, 9, 17] {
                var value = [UInt8](repeating: 0x61, count: 18)
                value[place] = octet
                var coded = [UInt8](repeating: 0, count: HPACKHuffman.encodedCount(value.span.raw))
                unsafe coded.withUnsafeMutableBytes {
                    unsafe HPACKHuffman.encode(value.span.raw, into: $0.baseAddress!)
                }
                _ = try decoder.read([0x0F, 0x04, 0x80 | UInt8(coded.count)] + coded, into: &block)
                let isAllowed = octet == 0x09 || (octet >= 0x20 && octet != 0x7F)
                let isOuterSpace = (place == 0 || place == 17) && (octet == 0x20 || octet == 0x09)
                guard isAllowed, !isOuterSpace else {
                    #expect(block.malformation == .invalidFieldValue, "\(octet) at \(place)")
                    continue
                }
                #expect(block.malformation == nil, "\(octet) at \(place)")
                let bytes = block.fields[0].value.of(block.bytes)
                #expect((0..<bytes.byteCount).map { bytes.byte($0) } == value, "\(octet) at \(place)")
            }
        }
    }

    @Test("the static table holds what Appendix A lists, and the codes of the names")
    func staticTable() throws {
        var block = HeaderBlock()
        var decoder = HPACKDecoder()
        for index in 1...HPACKStaticTable.count {
            let entry = HPACKStaticTable.entry(index)
            let kind: HeaderBlock.Kind = (8...14).contains(index) ? .response : .request
            try decoder.decode([0x80 | UInt8(index)].span.raw, as: kind, into: &block)
            let row = unsafe RawSpan(
                _unsafeStart: HPACKStaticTable.bytes(index), byteCount: HPACKStaticTable.width)
            let name = row.extracting(..<Int(entry.nameCount))
            let pseudo = PseudoField(row, at: 0, count: Int(entry.nameCount))
            if row.byte(0) == .colon {
                #expect(entry.code == pseudo.rawValue)
            } else {
                #expect(entry.code == KnownField(name).rawValue, "\(String(copyingASCII: name))")
            }
            // Names that the codec knows have their first place in the table.
            if let known = KnownField(rawValue: entry.code), known != .none {
                let first = HPACKStaticTable.entry(known.staticIndex)
                #expect(first.code == entry.code)
                #expect(known.staticIndex == 1 || HPACKStaticTable.entry(known.staticIndex - 1).code != entry.code)
            }
            for place in Int(entry.nameCount) + Int(entry.valueCount)..<HPACKStaticTable.width {
                #expect(row.byte(place) == .space)
            }
        }
        for known in KnownField.allCases where known.staticIndex != 0 {
            #expect(HPACKStaticTable.entry(known.staticIndex).code == known.rawValue)
        }
        let filled: [Int: String] = [
            2: ":method: GET", 3: ":method: POST", 4: ":path: /", 5: ":path: /index.html", 6: ":scheme: http",
            7: ":scheme: https", 8: ":status: 200", 9: ":status: 204", 10: ":status: 206", 11: ":status: 304",
            12: ":status: 400", 13: ":status: 404", 14: ":status: 500", 16: "accept-encoding: gzip, deflate",
        ]
        for (index, line) in filled {
            try decoder.decode(
                [0x80 | UInt8(index)].span.raw, as: index > 7 && index < 15 ? .response : .request, into: &block)
            #expect(block.lines == [line])
        }
    }

    // The table.

    /// A literal that is remembered: a name of one octet and a value of one.
    static func remembered(_ name: String, _ value: String) -> [UInt8] {
        [0x40, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    @Test("the newest field has index 62, and each addition moves the others on")
    func order() throws {
        var decoder = HPACKDecoder()
        let fields = [("a", "1"), ("b", "2"), ("c", "3")]
        _ = try decoder.read(fields.flatMap { Self.remembered($0, $1) })
        #expect(try decoder.read(hex("bebfc0")).fields == ["c: 3", "b: 2", "a: 1"])
        // A name of the table, with a value that is remembered in its turn.
        #expect(try decoder.read(hex("7f01 0139 be bf")).fields == ["a: 9", "a: 9", "c: 3"])
        #expect(throws: HPACKError.invalidIndex) { try decoder.read(hex("c2")) }
    }

    @Test("the oldest fields go when a new one needs their room, and one too large for the table empties it")
    func eviction() throws {
        var decoder = HPACKDecoder()
        // Two fields of 34 fit in 70.
        _ = try decoder.read([0x3F, 0x27] + Self.remembered("a", "1") + Self.remembered("b", "2"))
        #expect(decoder.tableCount == 2 && decoder.tableSize == 68)
        #expect(try decoder.read(Self.remembered("c", "3") + [0xBE, 0xBF]).fields == ["c: 3", "c: 3", "b: 2"])
        #expect(decoder.tableCount == 2)
        let large = String(repeating: "x", count: 38)
        #expect(try decoder.read(Self.remembered("d", large)).fields == ["d: \(large)"])
        #expect(decoder.tableCount == 0 && decoder.tableSize == 0)
        let whole = String(repeating: "x", count: 37)
        #expect(try decoder.read(Self.remembered("d", whole) + [0xBE]).fields == ["d: \(whole)", "d: \(whole)"])
        #expect(decoder.tableSize == 70)
    }

    @Test("a field whose name is that of the entry it pushes out is remembered whole")
    func nameOfTheEvicted() throws {
        var decoder = HPACKDecoder()
        _ = try decoder.read([0x3F, 0x09] + Self.remembered("name", "1"))
        #expect(decoder.tableCount == 1 && decoder.tableSize == 37)
        #expect(try decoder.read(hex("7e 0132 be")).fields == ["name: 2", "name: 2"])
        #expect(decoder.tableCount == 1)
    }

    @Test("a field without an octet is remembered, be it the first")
    func empty() throws {
        var decoder = HPACKDecoder()
        #expect(try decoder.read(hex("400000")).malformation == .invalidFieldName)
        #expect(decoder.tableCount == 1 && decoder.tableSize == 32)
        #expect(try decoder.read(hex("be")).malformation == .invalidFieldName)
        // An index that brings no octets of its own.
        var other = HPACKDecoder()
        #expect(try other.read(hex("4100 84 87 82")).tableCount == 1)
        #expect(try other.read(hex("be 84 87 82")).malformation == nil)
    }

    @Test("an update to 0 empties the table and gives its memory back")
    func emptying() throws {
        var decoder = HPACKDecoder()
        #expect(decoder.allocatedByteCount == 0)
        _ = try decoder.read(Self.remembered("a", "1"))
        #expect(decoder.allocatedByteCount > 0 && decoder.allocatedByteCount < 1024)
        _ = try decoder.read([0x20, 0x3F, 0xE1, 0x1F])
        #expect(decoder.allocatedByteCount == 0 && decoder.tableCount == 0)
        #expect(throws: HPACKError.invalidIndex) { try decoder.read([0xBE]) }
    }

    @Test("a connection whose peer indexes nothing takes no memory, and none takes more than its table and a quarter")
    func memory() throws {
        var decoder = HPACKDecoder()
        _ = try decoder.read(hex("828684 0f2b03612f62 0001610162"))
        #expect(decoder.allocatedByteCount == 0)
        var random = SeededRandom(seed: 3)
        for round in 0..<20_000 {
            let value = String(repeating: "v", count: Int.random(in: 0...100, using: &random))
            _ = try decoder.read(Self.remembered("n\(round % 10)", value))
            #expect(decoder.tableSize <= 4096)
            let newest = try decoder.read([0xBE]).fields
            #expect(newest == ["n\(round % 10): \(value)"])
            #expect(decoder.allocatedByteCount <= 4096 + 128 * 12)
        }
        #expect(decoder.tableCount > 10)
    }

    @Test("after the limit is lowered a block must begin with an update that heeds it")
    func loweredLimit() throws {
        var decoder = HPACKDecoder()
        decoder.setTableSizeLimit(100)
        #expect(throws: HPACKError.missingSizeUpdate) { try decoder.read([0x82]) }
        var other = HPACKDecoder()
        other.setTableSizeLimit(100)
        #expect(throws: HPACKError.tableTooLarge) { try other.read([0x3F, 0x46, 0x82]) }
        var third = HPACKDecoder()
        third.setTableSizeLimit(100)
        #expect(try third.read([0x3F, 0x45, 0x82]).fields == [":method: GET"])
        #expect(try third.read([0x82]).fields == [":method: GET"])
    }

    @Test("after the limit is raised the table stays as it is until the peer says more")
    func raisedLimit() throws {
        var decoder = HPACKDecoder()
        #expect(throws: HPACKError.tableTooLarge) { try decoder.read(hex("3fe27f82")) }
        var other = HPACKDecoder()
        other.setTableSizeLimit(16_384)
        #expect(try other.read([0x82]).fields == [":method: GET"])
        #expect(try other.read(hex("3fe17f82")).fields == [":method: GET"])
        for index in 0..<300 { _ = try other.read(Self.remembered("name", "value \(index)")) }
        #expect(other.tableCount == 300)
        #expect(try other.read(hex("ffea01")).fields == ["name: value 0"])
    }

    @Test("several updates may begin a block, each within the limit")
    func severalUpdates() throws {
        var decoder = HPACKDecoder()
        _ = try decoder.read(Self.remembered("a", "1"))
        #expect(try decoder.read(hex("20 3fe11f 82")).tableCount == 0)
        #expect(throws: HPACKError.misplacedSizeUpdate) { try decoder.read(hex("20 82 20")) }
    }

    @Test("each error says what the peer should do")
    func messages() {
        for error in HPACKError.allCases { #expect("\(error.message)".contains(";")) }
    }
}

/// What another implementation wrote.
@Suite struct HPACKForeignTests {
    @Test("blocks of another implementation are read, and the tables agree after each")
    func foreign() throws {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        for foreign in HPACKForeignBlocks.all {
            if foreign.isFirst { decoder = HPACKDecoder() }
            let read = try decoder.read(hex(foreign.bytes), into: &block)
            let lines = foreign.fields.filter { !$0.0.hasPrefix(":") || !$0.1.isEmpty }.map { "\($0): \($1)" }
            if read.fields != lines { Issue.record("\(foreign.bytes) reads \(read.fields), not \(lines)") }
            #expect(read.tableCount == foreign.count)
            #expect(read.tableSize == foreign.size)
        }
    }
}

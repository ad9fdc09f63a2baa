import Testing

@testable import ApusHTTP

/// The examples of RFC 7541, Appendix C.
@Suite struct HPACKVectorTests {
    /// One block of an example: its octets, its fields, and the table afterwards.
    struct Step {
        let bytes: String
        let fields: [String]
        let count: Int
        let size: Int
    }

    static let integers: [(bytes: [UInt8], mask: UInt8, value: Int)] = [
        ([0x0A], 0x1F, 10), ([0x1F, 0x9A, 0x0A], 0x1F, 1337), ([0x2A], 0xFF, 42),
    ]

    @Test("C.1: integers are written as the examples are", arguments: integers)
    func integer(_ example: (bytes: [UInt8], mask: UInt8, value: Int)) {
        var encoder = HPACKEncoder()
        let bytes = encode(&encoder) { _, buffer in
            buffer.append(hpackInteger: example.value, pattern: 0, mask: example.mask)
        }
        #expect(bytes == example.bytes)
    }

    static let literals: [Step] = [
        Step(
            bytes: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
            fields: ["custom-key: custom-header"],
            count: 1, size: 55),
        Step(bytes: "040c 2f73 616d 706c 652f 7061 7468", fields: [":path: /sample/path"], count: 0, size: 0),
        Step(bytes: "1008 7061 7373 776f 7264 0673 6563 7265 74", fields: ["password: secret"], count: 0, size: 0),
        Step(bytes: "82", fields: [":method: GET"], count: 0, size: 0),
    ]

    @Test("C.2: a field is read in each of its representations", arguments: literals)
    func literal(_ step: Step) throws {
        var decoder = HPACKDecoder()
        try check(decoder.read(hex(step.bytes)), step)
    }

    static let requestFields: [[String]] = [
        [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
        [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
        [
            ":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com",
            "custom-key: custom-value",
        ],
    ]

    static let requests: [[Step]] = [
        [
            Step(
                bytes: "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", fields: requestFields[0], count: 1, size: 57
            ),
            Step(bytes: "8286 84be 5808 6e6f 2d63 6163 6865", fields: requestFields[1], count: 2, size: 110),
            Step(
                bytes: "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
                fields: requestFields[2], count: 3, size: 164),
        ],
        [
            Step(bytes: "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", fields: requestFields[0], count: 1, size: 57),
            Step(bytes: "8286 84be 5886 a8eb 1064 9cbf", fields: requestFields[1], count: 2, size: 110),
            Step(
                bytes: "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", fields: requestFields[2],
                count: 3,
                size: 164),
        ],
    ]

    @Test("C.3 and C.4: three requests of one connection are read, plain and in Huffman code", arguments: requests)
    func request(_ steps: [Step]) throws {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        for step in steps { try check(decoder.read(hex(step.bytes), into: &block), step) }
    }

    static let responseFields: [[String]] = [
        [
            ":status: 302", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com",
        ],
        [
            ":status: 307", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com",
        ],
        [
            ":status: 200", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT",
            "location: https://www.example.com", "content-encoding: gzip",
            "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        ],
    ]

    static let responses: [[Step]] = [
        [
            Step(
                bytes: """
                    4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
                    3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
                    """, fields: responseFields[0], count: 4, size: 222),
            Step(bytes: "4803 3330 37c1 c0bf", fields: responseFields[1], count: 4, size: 222),
            Step(
                bytes: """
                    88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
                    7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
                    6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31
                    """, fields: responseFields[2], count: 3, size: 215),
        ],
        [
            Step(
                bytes: """
                    4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
                    1718 63c7 8f0b 97c8 e9ae 82ae 43d3
                    """, fields: responseFields[0], count: 4, size: 222),
            Step(bytes: "4883 640e ffc1 c0bf", fields: responseFields[1], count: 4, size: 222),
            Step(
                bytes: """
                    88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
                    e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
                    """, fields: responseFields[2], count: 3, size: 215),
        ],
    ]

    @Test("C.5 and C.6: three responses are read through a table of 256 octets, which evicts", arguments: responses)
    func response(_ steps: [Step]) throws {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        decoder.setTableSizeLimit(256)
        for (index, step) in steps.enumerated() {
            // The examples leave out the update that makes the table so small.
            let update = index == 0 ? "3fe101" : ""
            try check(decoder.read(hex(update + step.bytes), as: .response, into: &block), step)
        }
    }

    private func check(_ block: DecodedBlock, _ step: Step) {
        #expect(block.fields == step.fields)
        #expect(block.tableCount == step.count)
        #expect(block.tableSize == step.size)
        #expect(block.malformation == nil)
        #expect(!block.isTooLarge)
    }

    @Test("each beginning of a block is refused as truncated, or is the block of its first fields")
    func truncation() throws {
        let blocks =
            Self.requests.joined().map { ($0, HeaderBlock.Kind.request) }
            + Self.responses.joined().map { ($0, HeaderBlock.Kind.response) }
        for (step, kind) in blocks where !step.bytes.contains("c0") && !step.bytes.contains("be") {
            let bytes = hex(step.bytes)
            for end in 0..<bytes.count {
                var decoder = HPACKDecoder()
                do throws(HPACKError) {
                    let part = try decoder.read(Array(bytes[..<end]), as: kind)
                    #expect(
                        part.fields.count < step.fields.count
                            && part.fields == Array(step.fields.prefix(part.fields.count)))
                } catch {
                    // An index may refer to a block of the example that was not decoded here.
                    #expect(error == .truncated || error == .invalidIndex)
                }
            }
        }
    }
}

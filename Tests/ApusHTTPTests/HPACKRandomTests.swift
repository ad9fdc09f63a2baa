import ApusRuntime
import TestSupport
import Testing

@testable import ApusHTTP

/// Fields as they come, made by chance.
enum RandomFields {
    static let names = [
        "accept", "accept-encoding", "cache-control", "content-type", "content-length", "etag", "server", "vary",
        "x-own",
        "x-other-own-name", "grpc-status", "set-cookie", "authorization", "user-agent", "location", "x-request-id",
        "te2",
    ]

    static func name(_ random: inout SeededRandom) -> String {
        if Int.random(in: 0..<4, using: &random) > 0 { return names.randomElement(using: &random)! }
        return String(
            (0..<Int.random(in: 1...40, using: &random)).map { _ in "abcdefghij-_0~".randomElement(using: &random)! })
    }

    static func value(_ random: inout SeededRandom) -> String {
        let count = [0, 1, 3, 8, 20, 60, 200, 1_000].randomElement(using: &random)!
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return "no-store"
        case 1: return "\(Int.random(in: 0..<20, using: &random))"
        case 2:
            return String(
                (0..<count).map { _ in Character(Unicode.Scalar(UInt8.random(in: 0x21...0x7E, using: &random))) })
        default:
            return String(
                (0..<count).map { _ in Character(Unicode.Scalar(UInt16.random(in: 0xA1...0x7FF, using: &random))!) })
        }
    }

    static func list(_ random: inout SeededRandom) -> [HTTPField] {
        (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
            guard let name = HTTPField.Name(name(&random)), name != .contentLength else { return nil }
            return HTTPField(name: name, replacingInvalid: value(&random))
        }
    }
}

@Suite struct HPACKRandomTests {
    @Test(
        "what the encoder writes the decoder reads, through tables whose limits change",
        arguments: 1...8 as ClosedRange<UInt64>)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        var block = HeaderBlock(limits: .init(listSize: 1 << 20))
        for round in 0..<500 {
            if Int.random(in: 0..<10, using: &random) == 0 {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let limit = [0, 33, 64, 100, 300, 1_000, 4_096, 60_000].randomElement(using: &random)!
                    encoder.setTableSizeLimit(limit)
                    decoder.setTableSizeLimit(limit)
                }
            }
            let fields = RandomFields.list(&random)
            let bytes = encode(&encoder) { encoder, buffer in
                encoder.append(.ok, to: &buffer)
                for field in fields { encoder.append(field, to: &buffer) }
            }
            let read = try decoder.read(bytes, as: .response, into: &block)
            let lines = [":status: 200"] + fields.map { "\($0.name.canonicalName): \($0.value)" }
            #expect(read.malformation == nil && !read.isTooLarge)
            if read.fields != lines { Issue.record("round \(round) reads \(read.fields), not \(lines)") }
        }
    }

    @Test("a hundred thousand mutated blocks are read or refused, and keep the rules of the table and of the fields")
    func mutations() {
        var random = SeededRandom(seed: 0x9113)
        var originals = HPACKVectorTests.requests.joined().map { hex($0.bytes) }
        originals += HPACKVectorTests.responses.joined().map { hex($0.bytes) }
        for fields in HPACKMessageTests.accepted.prefix(8).map(\.0) {
            originals.append(HPACKMessageTests.block(fields))
        }
        originals.append(HPACKMessageTests.block(HPACKMessageTests.pseudo + [("cookie", "a=1"), ("cookie", "b=2")]))
        var block = HeaderBlock(limits: .init(listSize: 4_096, fieldCount: 30))
        var head = RequestHead()
        var decoder = HPACKDecoder()
        var refused = 0
        var filled = 0
        for round in 0..<100_000 {
            let bytes = Mutation.of(originals[round % originals.count], &random)
            let kind: HeaderBlock.Kind = [.request, .request, .response, .trailers][round % 4]
            do throws(HPACKError) {
                try decoder.decode(bytes.span.raw, as: kind, into: &block)
            } catch {
                refused += 1
                decoder = HPACKDecoder()
                continue
            }
            guard decoder.tableSize <= 4_096, block.bytes.byteCount <= 8_192, Self.placesHold(block) else {
                Issue.record("\(bytes) breaks a rule")
                continue
            }
            guard kind == .request, (try? block.fill(&head)) != nil else { continue }
            filled += 1
            if let problem = Self.problem(of: head, in: block.bytes) { Issue.record("\(bytes): \(problem)") }
        }
        #expect(refused > 10_000)
        #expect(filled > 500)
    }

    /// Whether each field lies within the bytes, and the sizes add up.
    static func placesHold(_ block: borrowing HeaderBlock) -> Bool {
        var size = 0
        for index in 0..<block.fields.count {
            let field = block.fields[index]
            guard field.name.range.upperBound <= block.bytes.byteCount,
                field.value.range.upperBound <= block.bytes.byteCount
            else { return false }
            size += Int(field.value.count)
        }
        return size <= block.bytes.byteCount * 2
    }

    /// What is wrong with a head that was accepted, or nil.
    static func problem(of head: borrowing RequestHead, in bytes: RawSpan) -> String? {
        let fields = head.fields.fields(in: bytes)
        if fields[values: .host].count != 1 { return "not one Host" }
        if fields[values: .contentLength].count > 1 { return "two lengths" }
        if fields[values: .cookie].count > 1 { return "two cookies" }
        for name: HTTPField.Name in [.connection, .transferEncoding, .upgrade, .keepAlive, .proxyConnection]
        where fields.contains(name) { return "\(name)" }
        for field in fields {
            if field.name.canonicalName.contains(":") { return "a pseudo-field" }
            if field.value.utf8.contains(where: { !$0.isFieldValueByte }) { return "a control character" }
        }
        let target = head.target.of(bytes)
        for index in 0..<target.byteCount where !target.byte(index).isVisible { return "an invisible target" }
        return nil
    }
}

import ApusHTTP
internal import FoundationEssentials

/// JSON as untyped content, made only to find all that is wrong in what could not be decoded.
struct JSONContent: Decodable {
    let value: ContentValue

    init(from decoder: any Decoder) throws {
        if let group = try? decoder.container(keyedBy: ContentName.self) {
            var values = ContentValue.Group()
            for key in group.allKeys { values[key.stringValue] = try group.decode(JSONContent.self, forKey: key).value }
            value = .group(values)
        } else if var list = try? decoder.unkeyedContainer() {
            var values: [ContentValue] = []
            while !list.isAtEnd { values.append(try list.decode(JSONContent.self).value) }
            value = .list(values)
        } else {
            value = try Self.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> ContentValue {
        if container.decodeNil() { return .null }
        if let text = try? container.decode(String.self) { return .text(text) }
        if let truth = try? container.decode(Bool.self) { return .bool(truth) }
        if let number = try? container.decode(Int.self) { return .number("\(number)") }
        if let number = try? container.decode(UInt64.self) { return .number("\(number)") }
        if let number = try? container.decode(Double.self) { return .number("\(number)") }
        // A number that no type holds.
        return .number("1e999")
    }
}

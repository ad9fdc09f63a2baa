import ApusHTTP
import ApusRuntime

/// Header blocks are decoded without a fault, whatever they are, one after the other through one table; what is accepted
/// breaks no rule, and encoded again it reads the same. Each block of the input begins with its kind and its length.
func headerBlocks(_ input: [UInt8]) {
    var decoder = HPACKDecoder()
    var encoder = HPACKEncoder()
    var mirror = HPACKDecoder()
    var block = HeaderBlock(limits: .init(listSize: 16 * 1024, fieldCount: 50))
    var again = HeaderBlock(limits: .init(listSize: 32 * 1024, fieldCount: 60))
    var head = RequestHead()
    var rest = input[...]
    while rest.count > 2 {
        let kind = HeaderBlock.Kind(rawValue: rest[rest.startIndex] % 3) ?? .request
        if rest[rest.startIndex] & 0x80 != 0 {
            let limit = Int(rest[rest.startIndex] & 0x7C) * 64
            decoder.setTableSizeLimit(limit)
            encoder.setTableSizeLimit(limit)
            mirror.setTableSizeLimit(limit)
        }
        let count = Int(rest[rest.startIndex + 1])
        let bytes = rest.dropFirst(2).prefix(count)
        rest = rest.dropFirst(2 + count)
        let error = withSpan(bytes) { span -> HPACKError? in
            do throws(HPACKError) {
                try decoder.decode(span, as: kind, into: &block)
                return nil
            } catch {
                return error
            }
        }
        if error != nil { return }
        require(block.bytes.byteCount <= 2 * 16 * 1024, "more bytes than the limit")
        require(block.fields.count <= 51, "more fields than the limit")
        require(decoder.tableSize <= HPACKDecoder.defaultTableSize, "a table above its limit")
        let fields = block.fields.fields(in: block.bytes)
        for field in fields { require(HTTPField.isValidValue(field.value), "a value that cannot be sent") }
        if kind == .request, (try? block.fill(&head, allowsExtendedConnect: true)) != nil {
            require(fields[values: .host].count == 1, "not one Host")
            require(fields[values: .contentLength].count <= 1, "two lengths")
            require(fields[values: .cookie].count <= 1, "two cookies")
            require(!fields.contains(.connection) && !fields.contains(.transferEncoding), "a field of HTTP/1.1")
            for place in [head.method, head.target, head.path, head.query, head.authority, head.connectProtocol] {
                _ = place.of(block.bytes)
            }
        }
        var buffer = Buffer(capacity: 64 + fields.reduce(0) { $0 + HPACKEncoder.byteCount(of: $1) })
        encoder.begin(&buffer)
        for field in fields { encoder.append(field, to: &buffer) }
        do {
            try mirror.decode(buffer.bytes, as: .response, into: &again)
        } catch {
            require(false, "what was encoded is no block")
        }
        require(again.fields.fields(in: again.bytes) == fields, "what was encoded reads otherwise")
    }
}

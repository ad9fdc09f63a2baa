/// Reads a pattern's segments one by one, and says what to write when one is wrong.
struct RoutePatternParser {
    let text: String
    private(set) var segments: [RoutePattern.Segment] = []
    private var names: Set<String> = []
    private var captures = 0

    init(text: String) { self.text = text }

    mutating func add(_ part: ArraySlice<UInt8>, isLast: Bool) throws(RouteError) {
        if segments.last == .catchAll {
            throw refusal(.catchAllNotLast, "has a segment behind **; put ** last, or use :name for a single segment")
        }
        switch (part.first, part.count) {
        case (nil, _):
            guard isLast else {
                throw refusal(.emptySegment, "has an empty segment; write one slash where there are two")
            }
            segments.append(.literal([]))
        case (UInt8(ascii: "*"), 1):
            try count()
            segments.append(.wildcard)
        case (UInt8(ascii: "*"), 2) where part.last == UInt8(ascii: "*"):
            try count()
            segments.append(.catchAll)
        case (UInt8(ascii: ":"), _):
            try count()
            segments.append(.parameter(try name(part.dropFirst())))
        default:
            segments.append(.literal(try literal(part)))
        }
    }

    private mutating func count() throws(RouteError) {
        captures += 1
        guard captures <= RouteMatch.capacity else {
            throw refusal(
                .tooManyParameters,
                "captures more than \(RouteMatch.capacity) segments; match the rest with ** and split it in the handler"
            )
        }
    }

    private mutating func name(_ bytes: ArraySlice<UInt8>) throws(RouteError) -> String {
        guard !bytes.isEmpty else {
            throw refusal(.emptyName, "has a : without a name; write :id, or * for a segment without a name")
        }
        let name = String(decoding: bytes, as: UTF8.self)
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): continue
            default:
                throw refusal(
                    .badName,
                    "has the parameter \":\(name)\": a name is of letters, digits, _ and -, and fills its segment; "
                        + "take the whole segment as one parameter and split it in the handler")
            }
        }
        guard names.insert(name).inserted else {
            throw refusal(.doubledName, "has two parameters called \"\(name)\"; give each its own name")
        }
        return name
    }

    private func literal(_ part: ArraySlice<UInt8>) throws(RouteError) -> [UInt8] {
        let written = String(decoding: part, as: UTF8.self)
        for byte in part {
            switch byte {
            case 0..<0x20, 0x7F:
                throw refusal(.controlCharacter, "contains a control character; remove it")
            case UInt8(ascii: "*"):
                throw refusal(
                    .partialWildcard,
                    "has * inside \"\(written)\"; let * or ** fill the segment, or write %2A for a literal star")
            case UInt8(ascii: "{"), UInt8(ascii: "}"):
                throw refusal(.foreignSyntax, "has braces in \"\(written)\"; write a parameter as :name")
            case UInt8(ascii: "?"), UInt8(ascii: "#"):
                throw refusal(
                    .notAPath,
                    "contains \"\(Unicode.Scalar(byte))\"; only the path is matched, read the query in the handler")
            default: continue
            }
        }
        if part.first == UInt8(ascii: "<"), part.last == UInt8(ascii: ">") {
            throw refusal(.foreignSyntax, "has \"\(written)\"; write a parameter as :name")
        }
        // The slash keeps a dot segment from being taken for a path above the root.
        var decoded: [UInt8] = []
        do throws(RoutePath.Failure) {
            let bytes = Array("/-/".utf8 + part)
            try unsafe RoutePath.decode(bytes.span.bytes, into: &decoded)
        } catch {
            throw refusal(.badPercentEncoding, "has \"\(written)\": \(error)")
        }
        guard decoded.starts(with: "/-/".utf8), decoded.count > 3 else {
            throw refusal(.dotSegment, "has the segment \"\(written)\", which no normalised path contains; remove it")
        }
        return Array(decoded.dropFirst(3))
    }

    private func refusal(_ reason: RouteError.Reason, _ what: String) -> RouteError {
        RouteError(reason, "pattern \"\(text)\" \(what)")
    }
}

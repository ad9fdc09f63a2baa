/// What is to be done with content, and what it is called: the Content-Disposition of a part of a form (RFC 7578, 4.2)
/// and of a response (RFC 6266).
///
/// ```swift
/// let part = ContentDisposition(#"form-data; name="photo"; filename="..\\..\\me.jpg""#)
/// print(part?.name ?? "", part?.safeFilename ?? "")  // photo me.jpg
/// ```
public struct ContentDisposition: Sendable, Equatable, CustomStringConvertible {
    /// `form-data`, `attachment` or `inline`, in lower case.
    public let type: String
    /// The name of the form's field, as the client has it.
    public let name: String?
    /// The name of the file as the sender has it: not to be trusted, for it may hold a path, or anything.
    public let filename: String?

    /// What a response says to have its content saved: `attachment`, with the name also as RFC 8187 wants it when it
    /// is not plain ASCII.
    ///
    /// - Parameter filename: The name to propose; only its last component is.
    /// - Returns: The disposition; its ``description`` is the field's value.
    public static func attachment(filename: String) -> ContentDisposition {
        ContentDisposition(type: "attachment", name: nil, filename: filename)
    }

    private init(type: String, name: String?, filename: String?) {
        self.type = type
        self.name = name
        self.filename = filename
    }

    /// The meaning of a field's value, or nil when it has none that all readers would agree upon: each parameter comes
    /// once, and no control character is in any.
    ///
    /// Quoting is read as browsers write it: `%22` is a quote, and a backslash is itself; but `\"` is a quote and `\\` a
    /// backslash too, as other clients write them, when a closing quote follows. `filename*` (RFC 8187, UTF-8 alone) is
    /// heeded when there is no `filename`: forms do not have it (RFC 7578, 4.2).
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.allSatisfy(\.isFieldValueByte) else { return nil }
        var reader = unsafe FieldReader(text.utf8Span.span.bytes)
        reader.skipBlanks()
        guard let type = reader.takeToken() else { return nil }
        var found: [String: String] = [:]
        while true {
            reader.skipBlanks()
            guard !reader.isAtEnd else { break }
            guard reader.take(.semicolon) else { return nil }
            reader.skipBlanks()
            // An empty parameter is passed.
            guard let next = reader.peek, next != .semicolon else { continue }
            guard let name = reader.takeToken() else { return nil }
            reader.skipBlanks()
            guard reader.take(.equals) else { return nil }
            reader.skipBlanks()
            guard let value = reader.takeBrowserValue() else { return nil }
            guard found.updateValue(value, forKey: reader.lowercasedText(name)) == nil else { return nil }
        }
        self.type = reader.lowercasedText(type)
        name = found["name"]
        filename = found["filename"] ?? found["filename*"].flatMap(Self.extended)
    }

    /// The value of a parameter with a charset (RFC 8187, 3.2.1), which must be UTF-8.
    private static func extended(_ value: String) -> String? {
        let parts = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8", let bytes = PercentEncoding.decode(parts[2]),
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The last component of the file's name, fit to name a file beneath a folder of ours: without a path of whatever
    /// system, control characters, dots in front, or blanks at its ends, and no longer than 200 bytes. Nil when nothing
    /// is left.
    public var safeFilename: String? {
        guard let filename else { return nil }
        let component = filename.unicodeScalars.split { $0 == "/" || $0 == "\\" }.last ?? []
        var safe = String.UnicodeScalarView()
        var length = 0
        for scalar in component {
            // Bidirectional controls make a name read otherwise than it is spelt; a colon parts a name on some systems.
            let isPlain =
                scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar != ":"
                && !(0x200E...0x200F).contains(scalar.value) && !(0x202A...0x202E).contains(scalar.value)
                && !(0x2066...0x2069).contains(scalar.value) && !(0x2028...0x2029).contains(scalar.value)
            guard isPlain, !(safe.isEmpty && (scalar == "." || scalar == " ")) else { continue }
            length += UTF8.width(scalar)
            guard length <= 200 else { break }
            safe.append(scalar)
        }
        while let last = safe.last, last == " " || last == "." { safe.removeLast() }
        return safe.isEmpty ? nil : String(safe)
    }

    /// The field's value: the name in ASCII, and whole in UTF-8 when that loses something (RFC 6266, appendix D).
    public var description: String {
        var text = type
        if let name { text += "; name=\"\(Self.quoted(name))\"" }
        guard filename != nil else { return text }
        let safe = safeFilename ?? "file"
        text += "; filename=\"\(Self.quoted(safe))\""
        if !safe.utf8.allSatisfy({ $0 < 0x80 && $0 != .quote && $0 != .percent }) {
            text += "; filename*=UTF-8''" + PercentEncoding.encode(safe)
        }
        return text
    }

    private static func quoted(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar -> Character in
                let isPlain = scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F
                return isPlain && scalar != "\"" && scalar != "\\" && scalar != "%" ? Character(scalar) : "_"
            })
    }
}

extension FieldReader {
    /// Takes a token, or a quoted string as browsers quote.
    fileprivate mutating func takeBrowserValue() -> String? {
        guard take(.quote) else {
            var end = offset
            while end < bytes.byteCount, bytes.byte(end) != .semicolon, !bytes.byte(end).isBlank,
                bytes.byte(end) != .quote
            {
                end += 1
            }
            guard end > offset else { return nil }
            defer { offset = end }
            return unquoted(offset..<end, escapes: false)
        }
        let start = offset
        if let end = closingQuote(from: start, escapes: true) {
            offset = end + 1
            return unquoted(start..<end, escapes: true)
        }
        // A last name that ends in a backslash, as nothing but browsers write it.
        guard let end = closingQuote(from: start, escapes: false) else { return nil }
        offset = end + 1
        return unquoted(start..<end, escapes: false)
    }

    private func closingQuote(from start: Int, escapes: Bool) -> Int? {
        var index = start
        while index < bytes.byteCount {
            let byte = bytes.byte(index)
            if byte == .quote { return index }
            index += escapes && isEscape(index, before: bytes.byteCount) ? 2 : 1
        }
        return nil
    }

    /// Whether a backslash that escapes something is at `index`.
    private func isEscape(_ index: Int, before end: Int) -> Bool {
        guard bytes.byte(index) == .backslash, index + 1 < end else { return false }
        return bytes.byte(index + 1) == .quote || bytes.byte(index + 1) == .backslash
    }

    private func unquoted(_ range: Range<Int>, escapes: Bool) -> String? {
        var content: [UInt8] = []
        content.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            if escapes, isEscape(index, before: range.upperBound) { index += 1 }
            if index + 2 < range.upperBound, bytes.byte(index) == .percent, bytes.byte(index + 1) == 0x32,
                bytes.byte(index + 2) == 0x32
            {
                content.append(.quote)
                index += 3
                continue
            }
            content.append(bytes.byte(index))
            index += 1
        }
        return String(validating: content, as: UTF8.self)
    }
}

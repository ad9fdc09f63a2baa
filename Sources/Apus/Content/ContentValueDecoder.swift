/// The decoder of one value of content.
struct ContentValueDecoder: Decoder {
    /// Nil when nothing is there.
    let content: ContentValue?
    let path: ContentPath
    let isSilent: Bool
    let decoding: ContentDecoding

    init(_ content: ContentValue?, _ path: ContentPath, _ isSilent: Bool, _ decoding: ContentDecoding) {
        self.content = content
        self.path = path
        self.isSilent = isSilent
        self.decoding = decoding
    }

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ContentGroupContainer<Key>(try group(), path, decoding))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        ContentListContainer(try list(), path, decoding)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    /// The group that is here; what is in nil lacks already.
    private func group() throws -> ContentValue.Group? {
        switch content {
        case nil: return nil
        case .group(let group):
            if decoding.source == .form, group[""] != nil {
                try decoding.note(path, "is a value and a group of fields: send one of them")
            }
            return group
        // An empty list and an empty group look the same in a form.
        case .list(let values) where values.isEmpty && decoding.source == .form: return ContentValue.Group()
        case let other?:
            if !isSilent { try decoding.note(path, "is \(other.kind): send a group of fields") }
            return nil
        }
    }

    private func list() throws -> [ContentValue]? {
        switch content {
        case nil: return nil
        case .list(let values): return values
        case .text, .file:
            if decoding.source == .form { return [content!] }
        case .group(let group):
            if decoding.source == .form, let values = group.indexed { return values }
        default: break
        }
        if !isSilent { try decoding.note(path, "is \(content!.kind): send a list") }
        return nil
    }
}

extension ContentValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { content.isAbsent(in: decoding.source) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoding.value(type, content, at: path, isSilent: isSilent)
    }

    // Those of 128 bits have defaults that refuse.
    func decode(_ type: Int128.Type) throws -> Int128 {
        try decoding.value(type, content, at: path, isSilent: isSilent)
    }
    func decode(_ type: UInt128.Type) throws -> UInt128 {
        try decoding.value(type, content, at: path, isSilent: isSilent)
    }
}

extension Optional<ContentValue> {
    /// Whether an optional value is nil here; in a form an empty field is one that was not filled in.
    fileprivate func isAbsent(in source: ContentSource) -> Bool {
        switch self {
        case nil, .null: true
        default: false
        }
    }

    /// The same, for what becomes something else than text.
    fileprivate func isBlank(in source: ContentSource) -> Bool {
        if case .text("") = self, source == .form { return true }
        return isAbsent(in: source)
    }
}

/// The fields of a group.
struct ContentGroupContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    /// Nil when the whole group lacks, which is told already.
    private let group: ContentValue.Group?
    private let path: ContentPath
    private let decoding: ContentDecoding

    init(_ group: ContentValue.Group?, _ path: ContentPath, _ decoding: ContentDecoding) {
        self.group = group
        self.path = path
        self.decoding = decoding
    }

    var codingPath: [any CodingKey] { path.keys }
    var allKeys: [Key] { group?.names.compactMap { Key(stringValue: $0) } ?? [] }

    func contains(_ key: Key) -> Bool { group?[key.stringValue] != nil }

    func decodeNil(forKey key: Key) -> Bool { group?[key.stringValue].isAbsent(in: decoding.source) ?? true }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try required(type, key) }

    private func required<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value {
        try decoding.value(type, group?[key.stringValue], at: path.appending(key), isSilent: group == nil)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try optional(type, key)
    }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        let content = group?[key.stringValue]
        if type == String.self ? content.isAbsent(in: decoding.source) : content.isBlank(in: decoding.source) {
            return nil
        }
        do {
            return try decoding.value(type, content, at: path.appending(key))
        } catch is ContentDecoding.Abandoned {
            return nil
        }
    }

    // What has a default of its own, which knows nothing of fields that were left empty.
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try required(type, key) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try required(type, key) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type, key) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try optional(type, key) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try optional(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try optional(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try optional(type, key) }
    func decodeIfPresent(_ type: Int128.Type, forKey key: Key) throws -> Int128? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try optional(type, key) }
    func decodeIfPresent(_ type: UInt128.Type, forKey key: Key) throws -> UInt128? { try optional(type, key) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        ContentValueDecoder(group?["super"], path.appending(ContentName("super")), group == nil, decoding)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: Key) throws -> ContentValueDecoder {
        let content = group?[key.stringValue]
        if content == nil, group != nil { try decoding.note(path.appending(key), "is missing: add it") }
        return ContentValueDecoder(content, path.appending(key), content == nil, decoding)
    }
}

/// A name that no type of the application declares.
struct ContentName: CodingKey {
    let stringValue: String

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    var intValue: Int? { nil }
}

/// The elements of a list.
struct ContentListContainer: UnkeyedDecodingContainer {
    private let values: [ContentValue]
    private let path: ContentPath
    private let decoding: ContentDecoding
    private(set) var currentIndex = 0

    init(_ values: [ContentValue]?, _ path: ContentPath, _ decoding: ContentDecoding) {
        self.values = values ?? []
        self.path = path
        self.decoding = decoding
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }

    mutating func decodeNil() -> Bool {
        guard !isAtEnd, Optional(values[currentIndex]).isAbsent(in: decoding.source) else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try element(type) }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try element(type) }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try element(type) }

    private mutating func element<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let next = try take()
        return try decoding.value(type, next.content, at: next.path, isSilent: next.isSilent)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try take().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }

    mutating func superDecoder() throws -> any Decoder { try take() }

    private mutating func take() throws -> ContentValueDecoder {
        let place = path.appending(ContentIndex(currentIndex))
        guard !isAtEnd else {
            try decoding.note(place, "is missing: add it")
            return ContentValueDecoder(nil, place, true, decoding)
        }
        defer { currentIndex += 1 }
        return ContentValueDecoder(values[currentIndex], place, false, decoding)
    }
}

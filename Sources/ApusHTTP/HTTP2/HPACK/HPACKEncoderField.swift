/// A field that is to be encoded: what it is, and its octets.
struct HPACKEncoderField: ~Escapable {
    /// See ``PseudoField``.
    let code: UInt8
    /// The name in whatever case, of a field that is not known; else empty.
    let name: RawSpan
    let value: RawSpan
    let hash: UInt32

    @_lifetime(copy name, copy value)
    init(_ code: UInt8, name: RawSpan, value: RawSpan) {
        self.code = code
        self.name = name
        self.value = value
        var hash = UInt64(code) &+ UInt64(truncatingIfNeeded: value.byteCount) &<< 8
        for index in 0..<name.byteCount { hash = (hash ^ UInt64(name.byte(index).lowercased)) &* 0x9E37_79B9_7F4A_7C15 }
        var index = 0
        while index < value.byteCount {
            let word = value.word(index, count: min(8, value.byteCount &- index))
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash &>> 29
            index &+= 8
        }
        self.hash = UInt32(truncatingIfNeeded: hash &>> 32)
    }

    /// The octets of the name, known or not.
    var nameCount: Int {
        if let pseudo = PseudoField(rawValue: code) { return pseudo.name.utf8CodeUnitCount }
        return code == 0 ? name.byteCount : KnownField.spelling(of: code).count
    }

    /// The octets that the table keeps.
    var byteCount: Int { name.byteCount &+ value.byteCount }

    /// Whether `bytes`, as many as are kept, are the name in lower case and the value.
    func isEqual(to bytes: RawSpan) -> Bool {
        for index in 0..<name.byteCount where bytes.byte(index) != name.byte(index).lowercased { return false }
        let start = name.byteCount
        var index = 0
        while index &+ 8 <= value.byteCount {
            guard bytes.word(start &+ index) == value.word(index) else { return false }
            index &+= 8
        }
        let left = value.byteCount &- index
        return bytes.word(start &+ index, count: left) == value.word(index, count: left)
    }

    /// Writes what the table keeps.
    @unsafe
    func copy(to target: UnsafeMutableRawPointer) {
        for index in 0..<name.byteCount {
            unsafe target.storeBytes(of: name.byte(index).lowercased, toByteOffset: index, as: UInt8.self)
        }
        let offset = name.byteCount
        unsafe value.withUnsafeBytes { value in
            guard let source = value.baseAddress else { return }
            unsafe (target + offset).copyMemory(from: source, byteCount: value.count)
        }
    }
}

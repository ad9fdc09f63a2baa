import ApusRuntime

/// What a cookie holds of a session: when it began, when the cookie was made, and its values, as bytes.
///
/// ```
/// version (1) │ began (8) │ made (8) │ name's length (1), name, value's length (2), value │ …
/// ```
///
/// Lengths and times are big-endian. Only what our own key has signed is read; it is checked all the same.
struct CookieSessionContent: Equatable {
    var began: UInt64
    var made: UInt64
    var values: SessionValues

    private static let version: UInt8 = 1

    init(began: UInt64, made: UInt64, values: SessionValues) {
        self.began = began
        self.made = made
        self.values = values
    }

    var encoded: [UInt8] {
        var bytes = [Self.version]
        Self.append(began, 8, to: &bytes)
        Self.append(made, 8, to: &bytes)
        for (name, value) in values.ordered(by: { $0.key < $1.key }) {
            // What is longer fits into no cookie, and is told then.
            guard name.utf8.count <= 0xFF, value.count <= 0xFFFF else {
                bytes += value
                continue
            }
            Self.append(UInt64(name.utf8.count), 1, to: &bytes)
            bytes += name.utf8
            Self.append(UInt64(value.count), 2, to: &bytes)
            bytes += value
        }
        return bytes
    }

    init?(encoded: [UInt8]) {
        var rest = encoded[...]
        guard rest.popFirst() == Self.version, let began = Self.take(8, from: &rest),
            let made = Self.take(8, from: &rest), began < 1 << 62
        else { return nil }
        self.began = began
        self.made = made
        values = [:]
        while !rest.isEmpty {
            guard let nameCount = Self.take(1, from: &rest), rest.count >= nameCount,
                let name = String(validating: rest.prefix(Int(nameCount)), as: UTF8.self)
            else { return nil }
            rest.removeFirst(Int(nameCount))
            guard let count = Self.take(2, from: &rest), rest.count >= count else { return nil }
            values[name] = Array(rest.prefix(Int(count)))
            rest.removeFirst(Int(count))
        }
    }

    private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(index * 8))) }
    }

    private static func take(_ count: Int, from bytes: inout ArraySlice<UInt8>) -> UInt64? {
        guard bytes.count >= count else { return nil }
        defer { bytes.removeFirst(count) }
        return bytes.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

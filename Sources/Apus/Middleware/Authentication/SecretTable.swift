/// Values by their secrets, such as accounts by their API keys, looked up in constant time.
///
/// ```swift
/// let keys = SecretTable(["k-7f3a…": "reports", "k-91c0…": "backups"])
/// let api = app.group("/api", Authentication.apiKey(in: .field(.init("X-API-Key")!)) { key, _ in keys[key] })
/// ```
///
/// Each look-up compares with every secret, so it suits tens of them; keep thousands in a database, by a digest of each.
public struct SecretTable<Value: Sendable>: Sendable, CustomStringConvertible {
    private let entries: [(secret: String, value: Value)]

    /// The values by their secrets.
    public init(_ values: [String: Value]) {
        entries = values.map { ($0.key, $0.value) }
    }

    /// The value of the secret that a client gave, or nil. The time it takes depends on the length of `given` and on the
    /// number of secrets.
    public subscript(given: String) -> Value? {
        var found: Value?
        for entry in entries where ConstantTime.isEqual(given, to: entry.secret) { found = entry.value }
        return found
    }

    /// How many secrets there are; not which.
    public var description: String { "\(entries.count) secrets" }
}

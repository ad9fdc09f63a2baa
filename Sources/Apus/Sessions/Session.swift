/// What the server keeps of a client from one request to the next: typed values by ``SessionKey``.
///
/// It is what the request found, with what the handler changed since. When the handler has answered, the changes are
/// stored; when it throws, they are forgotten. It belongs to the request's loop, and changes that a streamed content makes
/// later are lost.
///
/// Requests of one client may run at the same time: each stores only the values that it changed, so that what others
/// changed stays.
public final class Session {
    /// The values, encoded.
    private(set) var values: SessionValues
    /// What was changed: new values, and nil for removed ones.
    private(set) var changes: [String: [UInt8]?] = [:]
    /// What the store knows it by; nil for one that is new.
    let id: String?
    /// When it began by the cookie that holds it, and when that was made, in seconds since 1970; nil where a store counts.
    let times: (began: UInt64, made: UInt64)?
    private(set) var isRegenerated = false
    /// Whether ``destroy()`` was called.
    public private(set) var isDestroyed = false
    /// A value that could not be encoded.
    private(set) var failure: SessionError?
    private let mostBytes: Int
    private var byteCount: Int

    init(id: String?, values: SessionValues, mostBytes: Int, times: (began: UInt64, made: UInt64)? = nil) {
        self.id = id
        self.values = values
        self.mostBytes = mostBytes
        self.times = times
        byteCount = values.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
    }

    /// Whether the client came without a session.
    public var isNew: Bool { id == nil && times == nil }

    /// Whether it holds no value.
    public var isEmpty: Bool { values.isEmpty }

    /// The value of a key; nil when there is none, or it was stored as another type. Set it to nil to remove it.
    ///
    /// Values are encoded as JSON. One that can't be, or that makes the session larger than allowed, is told by the
    /// middleware as a ``SessionError`` when the handler has answered.
    public subscript<Value: Codable>(key: SessionKey<Value>) -> Value? {
        get { values[key.name].flatMap { try? JSONCoding.decode(Value.self, from: $0) } }
        set {
            guard let newValue else { return set(nil, for: key.name) }
            do {
                set(try JSONCoding.encode(newValue), for: key.name)
            } catch {
                failure = .notEncodable(key: key.name, reason: "\(error)")
            }
        }
    }

    private func set(_ encoded: [UInt8]?, for name: String) {
        guard values[name] != encoded else { return }
        if let old = values[name] { byteCount -= name.utf8.count + old.count }
        if let encoded { byteCount += name.utf8.count + encoded.count }
        values[name] = encoded
        changes[name] = .some(encoded)
        if byteCount > mostBytes { failure = .tooLarge(bytes: byteCount, most: mostBytes) }
    }

    /// Removes all values.
    public func removeAll() {
        for name in values.keys { set(nil, for: name) }
    }

    /// Gives the session another id, and its whole lifetime anew; the old id is worth nothing from then on.
    ///
    /// Call it whenever what the client may do changes, as at login: an id that somebody else has planted or seen before
    /// is worthless then (session fixation).
    public func regenerate() { isRegenerated = true }

    /// Ends the session: its values are forgotten, and so is its cookie. For logging out.
    public func destroy() {
        removeAll()
        isDestroyed = true
    }

    /// Whether there is anything to store.
    var isChanged: Bool { !changes.isEmpty || (isRegenerated && !isNew) }
}

/// The encoded values of a session, by their keys' names.
public typealias SessionValues = [String: [UInt8]]

/// What is wrong with the use of a session. Each case says what to do.
public enum SessionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No middleware of sessions stands around the handler.
    case noMiddleware
    /// The session is in a store that must be awaited.
    case notLoaded
    /// A value can't be encoded.
    case notEncodable(key: String, reason: String)
    /// The values are larger than allowed.
    case tooLarge(bytes: Int, most: Int)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .noMiddleware: "there are no sessions here: put Sessions or CookieSessions around the route"
        case .notLoaded:
            "the session is in a store: await session() in an asynchronous handler, or set SessionOptions.loadsAlways"
        case .notEncodable(let key, let reason): "the session's value \"\(key)\" can't be encoded as JSON: \(reason)"
        case .tooLarge(let bytes, let most):
            "the session has \(bytes) bytes, and \(most) are allowed: keep the data elsewhere, and its key here"
        }
    }
}

import ApusHTTP
public import ApusRuntime

/// Where the values of sessions are kept, by id: ``MemorySessionStore``, ``RedisSessionStore``, or one of your own.
///
/// Ids come from the store alone: one that a client made up is never taken on. What a store throws becomes the response.
public protocol SessionStore: Sendable {
    /// A new id, which nobody can guess: letters, digits, `-` and `_`, 20 to 80 of them.
    ///
    /// - Parameter loop: The request's loop, which this is called on.
    func makeID(on loop: EventLoop) -> String

    /// The values of a session, whose idle time begins anew; nil when there is none of this id any more.
    ///
    /// - Parameters:
    ///   - id: The id, as a client sent it; of the form of ``makeID(on:)``.
    ///   - timing: How long sessions live.
    ///   - loop: The request's loop, which this is called on.
    func load(_ id: String, _ timing: SessionTiming, on loop: EventLoop) async throws -> SessionValues?

    /// Stores changes in one step, and leaves the values that are not among them as they are.
    ///
    /// - Parameters:
    ///   - id: The id.
    ///   - changes: New values by their names, and nil for what is removed.
    ///   - isNew: Whether the session begins now. One that does not, and has ended meanwhile, stays ended: nothing is
    ///     stored.
    ///   - timing: How long sessions live.
    ///   - loop: The request's loop, which this is called on.
    func save(
        _ id: String, _ changes: [String: [UInt8]?], isNew: Bool, _ timing: SessionTiming, on loop: EventLoop
    ) async throws

    /// Ends a session, if there is one.
    ///
    /// - Parameters:
    ///   - id: The id.
    ///   - loop: The request's loop, which this is called on.
    func remove(_ id: String, on loop: EventLoop) async throws
}

extension SessionStore {
    /// 256 random bits.
    public func makeID(on loop: EventLoop) -> String { SessionID.random() }
}

/// What ids of sessions look like.
enum SessionID {
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for _ in 0..<4 { unsafe withUnsafeBytes(of: generator.next()) { unsafe bytes.append(contentsOf: $0) } }
        return Base64.encodeForURL(bytes)
    }

    /// Whether a client's text may be one: else no store is asked.
    static func isPossible(_ text: String) -> Bool {
        (20...80).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

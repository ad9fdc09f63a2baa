import ApusHTTP
import ApusRuntime

/// Browsers that have shown the token: an event stream can't carry it in a field, so each gets a cookie. Any thread.
///
/// They are forgotten when the server ends, after twelve hours, and, oldest first, when there are too many.
final class AdminSessions: Sendable {
    private struct Session: Sendable {
        var key: String
        var began: ContinuousClock.Instant
    }

    /// The cookie's name: with the port, for cookies are a host's, and two servers of one host have a dashboard each.
    static func cookie(for context: Context) -> String { "apus-admin-\(context.localAddress?.port ?? 0)" }

    static let lifetime = Duration.seconds(12 * 3600)
    private static let most = 64
    private let sessions = Lock<[Session]>([])

    /// A key that nobody can guess: 128 bits of the system's randomness.
    func begin() -> String {
        var random = SystemRandomNumberGenerator()
        let key = Self.digits(random.next()) + Self.digits(random.next())
        sessions.withLock { sessions in
            if sessions.count >= Self.most { sessions.removeFirst() }
            sessions.append(Session(key: key, began: .now))
        }
        return key
    }

    func isKnown(_ key: String) -> Bool {
        let now = ContinuousClock.now
        return sessions.withLock { sessions in
            sessions.removeAll { now - $0.began > Self.lifetime }
            // All are compared, for the time must not tell how many were tried.
            return sessions.reduce(false) { ConstantTime.isEqual(key, to: $1.key) || $0 }
        }
    }

    func end(_ key: String) { sessions.withLock { $0.removeAll { $0.key == key } } }

    private static func digits(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

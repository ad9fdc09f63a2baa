import ApusConfiguration
import ApusHTTP

/// Sessions of clients: `sessions` in a file.
public struct SessionSettings: Sendable {
    /// Where the values of sessions are kept.
    public enum Store: String, Hashable, Sendable, CaseIterable {
        /// In this process.
        case memory
        /// In the client's cookie, signed.
        case cookie
        /// In Redis.
        case redis
    }

    /// Where the values are kept.
    public var store = Store.memory
    /// The keys that sign cookies: the first signs, all are accepted. Never shown.
    public var keys: [String] = []
    /// How many sessions the process keeps.
    public var capacity = 100_000
    /// How sessions live, and what their cookie is like.
    public var options = SessionOptions()

    /// Sessions in this process's memory.
    public init() {}

    static let schema = ConfigurationSchema(SessionSettings()) {
        $0.value("store", \.store, .choice, "Where the values are kept")
        $0.value(
            "keys", \.keys, ConfigurationType<String>.text("a secret").list(of: "secrets"), secret: true,
            "What signs cookies, as of openssl rand -base64 32: the first signs, all are accepted")
        $0.value("capacity", \.capacity, .integer(1...100_000_000), "How many sessions the process's memory keeps")
        $0.value("cookie", \.options.cookie, .text("a cookie's name"), "The cookie's name")
        $0.value("path", \.options.path, .text("a path such as /"), "The path that the cookie goes with")
        $0.value(
            "domain", \.options.domain, .text("a domain"), orNull: "none", "The domain it goes to; none is this host")
        $0.value("secure", \.options.isSecure, .bool, "Whether the cookie goes over TLS only")
        $0.value(
            "sameSite", \.options.sameSite, .sameSite, orNull: "unset", "With which requests from other sites it goes")
        $0.value(
            "persistent", \.options.isPersistent, .bool, "Whether browsers keep the cookie when they are closed")
        $0.value(
            "idleTimeout", \.options.idleTimeout, .duration(.seconds(1) ... .seconds(366 * 86400)),
            "A session that is not used for so long ends")
        $0.value(
            "lifetime", \.options.lifetime, .duration(.seconds(1) ... .seconds(366 * 86400)),
            "A session ends when it is so old")
        $0.value("mostBytes", \.options.mostBytes, .size(64...(16 << 20)), "The most bytes of a session's values")
        $0.value(
            "loadsAlways", \.options.loadsAlways, .bool, "Whether a session is loaded before the handler asks for it")
        $0.check { sessions, report in
            do throws(SetCookieError) {
                _ = try sessions.options.setCookie("value")
            } catch {
                report.reject(
                    "cookie", with: ["path", "domain", "secure", "sameSite"], .text(sessions.options.cookie),
                    "\(error)")
            }
            guard sessions.store == .cookie else { return }
            #if TLS
                if sessions.keys.isEmpty {
                    report.reject(
                        "keys", with: ["store"], .list([]),
                        "nothing signs the cookies: give a secret of 32 random bytes")
                } else if sessions.keys.contains(where: { $0.utf8.count < SigningKey.leastBytes }) {
                    report.reject(
                        "keys", with: ["store"], .masked,
                        "one has less than \(SigningKey.leastBytes) bytes and can be guessed: take openssl rand -base64 32"
                    )
                }
            #else
                report.reject(
                    "store", .text("cookie"),
                    "this build signs no cookies: build it with the trait TLS, which is on by default")
            #endif
        }
    }
}

extension ConfigurationType<SetCookie.SameSite> {
    static var sameSite: ConfigurationType { oneOf([("strict", .strict), ("lax", .lax), ("none", .none)]) }
}

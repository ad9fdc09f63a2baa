import ApusHTTP
import ApusRuntime

/// The cookies of one client and one host (RFC 6265, 5.3 and 5.4), by path and lifetime. Any thread may use it.
final class CookieJar: Sendable {
    private struct Cookie: Sendable {
        var name: String
        var value: String
        var path: String
        var ends: ContinuousClock.Instant?
    }

    private let kept = Lock<[Cookie]>([])

    /// Takes what a response to `target` sets.
    func take(_ fields: HTTPFields, from target: String) {
        for field in fields where field.name == .setCookie { take(field.value, from: target) }
    }

    private func take(_ text: String, from target: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        guard let pair = Self.pair(parts[0]), !pair.name.isEmpty else { return }
        var cookie = Cookie(name: pair.name, value: pair.value ?? "", path: Self.folder(of: target))
        var isOver = false
        var hasMaxAge = false
        for part in parts.dropFirst() {
            guard let attribute = Self.pair(part) else { continue }
            switch attribute.name.lowercased() {
            case "path": if let path = attribute.value, path.hasPrefix("/") { cookie.path = path }
            case "max-age":
                guard let seconds = attribute.value.flatMap(Int64.init) else { continue }
                hasMaxAge = true
                isOver = seconds <= 0
                cookie.ends = .now + .seconds(min(seconds, 400 * 86_400))
            case "expires" where !hasMaxAge:
                // A date within reach is of no interest to a test; one that is past removes the cookie.
                if let date = attribute.value.flatMap(IMFDate.init), date <= IMFDate(secondsSince1970: 86_400) {
                    isOver = true
                }
            default: continue
            }
        }
        kept.withLock { kept in
            kept.removeAll { $0.name == cookie.name && $0.path == cookie.path }
            if !isOver { kept.append(cookie) }
        }
    }

    /// The Cookie field of a request; nil when none goes with it.
    func header(for target: String) -> String? {
        let path = String(target.prefix { $0 != "?" && $0 != "#" })
        let sent = fresh().filter { Self.matches(path, $0.path) }
        return sent.isEmpty ? nil : sent.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }

    /// All that is kept, by name.
    var all: [String: String] { Dictionary(fresh().map { ($0.name, $0.value) }) { first, _ in first } }

    /// What is not over, that of the longest path first.
    private func fresh() -> [Cookie] {
        let now = ContinuousClock.now
        return kept.withLock { kept in
            kept.removeAll { $0.ends.map { $0 <= now } ?? false }
            return kept.enumerated().sorted {
                ($1.element.path.utf8.count, $0.offset) < ($0.element.path.utf8.count, $1.offset)
            }.map(\.element)
        }
    }

    /// RFC 6265, 5.1.4.
    private static func folder(of target: String) -> String {
        let path = target.prefix { $0 != "?" && $0 != "#" }
        guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func matches(_ path: String, _ prefix: String) -> Bool {
        guard path.hasPrefix(prefix) else { return false }
        return path.utf8.count == prefix.utf8.count || prefix.hasSuffix("/")
            || path.dropFirst(prefix.count).first == "/"
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private static func pair(_ text: Substring) -> (name: String, value: String?)? {
        guard let equals = text.firstIndex(of: "=") else { return text.isEmpty ? nil : (String(text), nil) }
        return (String(trimmed(text[..<equals])), String(trimmed(text[text.index(after: equals)...])))
    }
}

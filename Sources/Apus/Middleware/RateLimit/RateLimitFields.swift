import ApusHTTP
import ApusRuntime

/// The fields `RateLimit-Policy` and `RateLimit` of a rule (draft-ietf-httpapi-ratelimit-headers-10): lists of structured
/// fields (RFC 9651), `"default";q=100;w=60` and `"default";r=97;t=2`.
final class RateLimitFields: Sendable {
    static let policyName = HTTPField.Name("RateLimit-Policy")!
    static let limitName = HTTPField.Name("RateLimit")!

    /// What `RateLimit-Policy` says.
    let policy: String
    /// What stands in `RateLimit` before the number of requests that remain.
    private let start: String
    /// Both fields in HTTP/1.1 up to that number, where the rule is the only one.
    private let lines: [UInt8]

    init(_ rule: RateLimitRule) {
        // Whole seconds is all the field has room for; a part of one is left out.
        let window = rule.windowNanoseconds % 1_000_000_000 == 0 ? ";w=\(rule.windowNanoseconds / 1_000_000_000)" : ""
        policy = "\"\(rule.name)\";q=\(rule.limit)\(window)"
        start = "\"\(rule.name)\";r="
        lines = Array("\(Self.policyName.rawName): \(policy)\r\n\(Self.limitName.rawName): \(start)".utf8)
    }

    /// Nanoseconds as whole seconds, rounded up.
    static func seconds(_ nanoseconds: Int64) -> Int64 { max(0, (nanoseconds &+ 999_999_999) / 1_000_000_000) }

    /// What `RateLimit` says.
    fileprivate func limit(_ remaining: Int, _ seconds: Int) -> String { "\(start)\(remaining);t=\(seconds)" }

    /// The most bytes that both fields take in HTTP/1.1: with 19 digits in each number.
    fileprivate var byteCount: Int { lines.count &+ 19 &+ 3 &+ 19 &+ 2 }

    /// Writes both fields.
    @inline(__always)
    fileprivate func append(_ remaining: Int, _ seconds: Int, to buffer: inout Buffer) {
        unsafe lines.withUnsafeBytes { unsafe buffer.append(RawSpan(_unsafeBytes: $0)) }
        buffer.appendDecimal(remaining)
        buffer.append(";t=")
        buffer.appendDecimal(seconds)
        buffer.append("\r\n")
    }
}

/// What the rate limits around a request tell its client. Used again from request to request: the place of the first keeps
/// what it was taken for last, so that no reference is counted when it is taken for the same rule again.
@safe struct RateLimitNotes {
    private struct Note {
        let fields: RateLimitFields
        let remaining: Int
        let seconds: Int
    }

    private var fields: RateLimitFields?
    private var remaining = 0
    private var seconds = 0
    /// Whether the first is of this request.
    private var isSet = false
    /// Those of limits further in.
    private var others: [Note] = []

    /// Whether nothing is told.
    @inline(__always) var isEmpty: Bool { !isSet }

    /// Adds what a limit has decided, further in than the others.
    @inline(__always)
    mutating func add(_ decision: RateLimitDecision, _ fields: RateLimitFields) {
        let remaining = max(0, decision.remaining)
        let seconds = Int(RateLimitFields.seconds(decision.resetNanoseconds))
        if isSet { return others.append(Note(fields: fields, remaining: remaining, seconds: seconds)) }
        isSet = true
        if self.fields !== fields { self.fields = fields }
        self.remaining = remaining
        self.seconds = seconds
    }

    /// Forgets them.
    @inline(__always)
    mutating func removeAll() {
        isSet = false
        if !others.isEmpty { others.removeAll(keepingCapacity: true) }
    }

    /// The most bytes that they take in HTTP/1.1.
    @inline(__always)
    var byteCount: Int {
        guard isSet, let fields else { return 0 }
        let first = unsafe Unmanaged.passUnretained(fields)._withUnsafeGuaranteedRef { $0.byteCount }
        return others.isEmpty ? first : others.reduce(first) { $0 + $1.fields.byteCount + 4 }
    }

    /// Writes them, at most ``byteCount`` bytes.
    @inline(__always)
    func append(to buffer: inout Buffer) {
        guard isSet, let fields else { return }
        if others.isEmpty {
            unsafe Unmanaged.passUnretained(fields)._withUnsafeGuaranteedRef {
                $0.append(remaining, seconds, to: &buffer)
            }
        } else {
            for field in self.fieldsOfAll { buffer.append(field: field) }
        }
    }

    /// Both fields, each with what all the limits say.
    var fieldsOfAll: [HTTPField] {
        guard isSet, let fields else { return [] }
        let all = [Note(fields: fields, remaining: remaining, seconds: seconds)] + others
        return [
            HTTPField(
                name: RateLimitFields.policyName,
                replacingInvalid: all.map(\.fields.policy).joined(separator: ", ")),
            HTTPField(
                name: RateLimitFields.limitName,
                replacingInvalid: all.map { $0.fields.limit($0.remaining, $0.seconds) }.joined(separator: ", ")),
        ]
    }
}

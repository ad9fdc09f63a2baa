import ApusHTTP

/// The fields `RateLimit-Policy` and `RateLimit` of a rule (draft-ietf-httpapi-ratelimit-headers-10): lists of structured
/// fields (RFC 9651), `"default";q=100;w=60` and `"default";r=97;t=2`.
struct RateLimitFields: Sendable {
    private static let policyName = HTTPField.Name("RateLimit-Policy")!
    private static let limitName = HTTPField.Name("RateLimit")!

    private let policy: HTTPField
    /// What stands before the number of requests that remain.
    private let start: [UInt8]

    init(_ rule: RateLimitRule) {
        // Whole seconds is all the field has room for; a part of one is left out.
        let window = rule.windowNanoseconds % 1_000_000_000 == 0 ? ";w=\(rule.windowNanoseconds / 1_000_000_000)" : ""
        policy = HTTPField(name: Self.policyName, replacingInvalid: "\"\(rule.name)\";q=\(rule.limit)\(window)")
        start = Array("\"\(rule.name)\";r=".utf8)
    }

    /// Adds both, or extends those that another limit has added.
    func add(_ decision: RateLimitDecision, to fields: inout HTTPFields) {
        let limit = value(decision)
        guard !fields.isEmpty, let others = fields[Self.limitName], let policies = fields[Self.policyName] else {
            fields.append(policy)
            fields.append(Self.limitName, limit)
            return
        }
        fields[Self.policyName] = "\(policies), \(policy.value)"
        fields[Self.limitName] = "\(others), \(limit)"
    }

    /// Nanoseconds as whole seconds, rounded up.
    static func seconds(_ nanoseconds: Int64) -> Int64 { max(0, (nanoseconds &+ 999_999_999) / 1_000_000_000) }

    private func value(_ decision: RateLimitDecision) -> String {
        // 19 digits each and `;t=` at most.
        unsafe String(unsafeUninitializedCapacity: start.count + 41) { target in
            var end = 0
            for byte in start {
                unsafe target[end] = byte
                end &+= 1
            }
            unsafe Self.append(UInt64(max(0, decision.remaining)), to: target, at: &end)
            for byte in [UInt8](arrayLiteral: 0x3B, 0x74, 0x3D) {
                unsafe target[end] = byte
                end &+= 1
            }
            unsafe Self.append(UInt64(Self.seconds(decision.resetNanoseconds)), to: target, at: &end)
            return end
        }
    }

    @unsafe
    private static func append(_ number: UInt64, to target: UnsafeMutableBufferPointer<UInt8>, at end: inout Int) {
        var digits = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            digits &+= 1
        }
        rest = number
        for place in stride(from: end &+ digits &- 1, through: end, by: -1) {
            unsafe target[place] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
            rest /= 10
        }
        end &+= digits
    }
}

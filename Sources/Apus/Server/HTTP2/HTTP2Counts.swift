import ApusHTTP
import Synchronization

/// How often clients broke the rules of HTTP/2, or made more work than is borne, since the server started: by kind, for
/// an operator to see who attacks. Any thread.
public struct HTTP2Counts: Sendable {
    /// Streams and connections that were ended because of a violation. A flood is also in ``floods``.
    public var violations: [HTTP2Violation: Int] = [:]
    /// Connections that were ended because of a flood.
    public var floods: [HTTP2FloodKind: Int] = [:]

    mutating func add(_ other: HTTP2Counts) {
        violations.merge(other.violations, uniquingKeysWith: +)
        floods.merge(other.floods, uniquingKeysWith: +)
    }
}

/// The numbers behind ``HTTP2Counts``.
final class HTTP2CountTable: Sendable {
    private let violations = InlineArray<64, Atomic<Int>> { _ in Atomic(0) }
    private let floods = InlineArray<16, Atomic<Int>> { _ in Atomic(0) }

    func count(_ violation: HTTP2Violation) {
        violations[Int(violation.rawValue)].wrappingAdd(1, ordering: .relaxed)
    }

    func count(_ kind: HTTP2FloodKind) { floods[Int(kind.rawValue)].wrappingAdd(1, ordering: .relaxed) }

    /// What was counted so far; kinds that never came are left out.
    var counts: HTTP2Counts {
        var counts = HTTP2Counts()
        for violation in HTTP2Violation.allCases {
            let number = violations[Int(violation.rawValue)].load(ordering: .relaxed)
            if number > 0 { counts.violations[violation] = number }
        }
        for kind in HTTP2FloodKind.allCases {
            let number = floods[Int(kind.rawValue)].load(ordering: .relaxed)
            if number > 0 { counts.floods[kind] = number }
        }
        return counts
    }
}

/// An event of a pool: `/api/events/pools`.
package struct PoolLine: Codable, Sendable {
    package var number: UInt64 = 0
    package var pool = ""
    /// Of which of several workers; nil for a server alone.
    package var worker: Int?
    package var name = ""
    /// What `/api/connections` calls it; the pool's own name for one that is not in that list.
    package var connection: String?
    package var detail = ""
    /// How many this listener has missed before it.
    package var missed = 0
}

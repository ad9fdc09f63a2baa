/// A request that took long, and where its time went.
package struct SlowRequest: Sendable, Hashable, Codable {
    /// When it ended, in milliseconds since 1970.
    package var at: Int64 = 0
    package var method = ""
    /// The path without its query, which may hold secrets; at most 200 bytes of it.
    package var path = ""
    /// The pattern of its route; nil when it had none.
    package var route: String?
    /// 0 when the client left before it was answered.
    package var status = 0
    /// From the end of the head to the end of the response, in microseconds; the sum of the three that follow.
    package var total = 0.0
    /// Until its content had arrived.
    package var receiving = 0.0
    /// Until the response began.
    package var handling = 0.0
    /// Until the response was sent.
    package var sending = 0.0
    /// Bytes of content.
    package var received: Int64 = 0
    package var sent: Int64 = 0
    package var client = ""
    package var version = ""
    /// Of which of several workers; nil for a server alone.
    package var worker: Int?
    package var loop = 0
    /// Why it failed; nil when it has not.
    package var failure: String?
}

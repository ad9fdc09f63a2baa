/// A page of connections: `/api/connections`.
package struct ConnectionList: Encodable {
    /// All there are, and those that match the search.
    package var total = 0
    package var matching = 0
    package var offset = 0
    /// Loops that have not answered in time, whose connections are missing, as `0`, or `2-0` for the first of worker 2.
    package var missingLoops: [String] = []
    /// Workers that have not answered in time; nil for a server alone.
    package var missingWorkers: [Int]?
    package var connections: [Row] = []

    package struct Row: Codable, Sendable {
        /// What `DELETE /api/connections/…` wants.
        package var id = ""
        package var address = ""
        /// Empty for one that another protocol has.
        package var listener = ""
        package var `protocol` = ""
        package var state = ""
        /// What is being answered.
        package var request: String?
        /// Whose it is; nil for a server alone.
        package var worker: Int?
        package var loop = 0
        package var requests = 0
        /// Since it began, and since it was last at work, in seconds; nil is unknown.
        package var age: Double?
        package var idle: Double?
        /// Bytes that wait to be sent.
        package var queued = 0
        /// What the system knows: round trip in microseconds, bytes, segments sent again.
        package var roundTrip: Int64?
        package var sent: Int64?
        package var received: Int64?
        package var sentAgain: Int64?
    }
}

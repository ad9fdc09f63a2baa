import ApusNet

/// Watches that a client for which bytes wait takes some.
///
/// What is queued here can't tell, for the kernel's own queue is megabytes long and asks for more only when a third of it is
/// free: a client that reads slowly leaves ours alone for minutes. Nor can its length, which is the same again when a stream
/// was filled up as fast as its client has read. What tells is what the kernel was given and what it still holds: either
/// changes when the client takes something. Eight bytes, for every connection has one.
struct WriteStallWatch {
    /// How far sending had got at the last look, truncated: what counts is whether it has got on.
    private var progress: UInt32 = 0
    /// When it was first seen there, in the loop's milliseconds, truncated; 0 while nothing waits for the client.
    private var since: UInt32 = 0

    /// Nothing waits for the client.
    mutating func ends() { since = 0 }

    /// Looks whether the client has taken more.
    ///
    /// - Parameters:
    ///   - sent: All bytes that the kernel was given.
    ///   - held: Those that it still holds; nil where it does not tell.
    ///   - now: The loop's milliseconds.
    ///   - limit: The milliseconds that the client may take nothing.
    /// - Returns: In how many milliseconds, at least one, to look again; nil when it has taken nothing for `limit`.
    mutating func look(sent: Int, held: Int?, at now: UInt64, limit: UInt64) -> UInt64? {
        let progress = UInt32(truncatingIfNeeded: 2 &* sent &- (held ?? 0))
        let moment = max(1, UInt32(truncatingIfNeeded: now))
        // A client that has everything waits for what was queued just now.
        if since == 0 || progress != self.progress || held == 0 {
            self.progress = progress
            since = moment
            return max(1, limit)
        }
        let waited = UInt64(moment &- since)
        return waited < limit ? limit - waited : nil
    }

    /// The same, of a connection.
    mutating func look(_ connection: Connection, at now: UInt64, limit: UInt64) -> UInt64? {
        look(sent: connection.bytesSent, held: connection.heldCount, at: now, limit: limit)
    }
}

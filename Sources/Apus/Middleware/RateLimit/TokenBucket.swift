/// The generic cell rate algorithm (ITU-T I.371, annex A): a token bucket in one number, the time at which the bucket will
/// be full if nothing is taken any more.
///
/// A time before now, and 0, are a full bucket. Times are nanoseconds of one monotonic clock; a clock that is read a
/// little earlier on one loop than on another finds the bucket a little emptier, and no harm is done.
struct TokenBucket {
    let rule: RateLimitRule

    /// Takes tokens, if there are so many.
    ///
    /// - Parameters:
    ///   - cost: The tokens to take, 1 to the rule's burst.
    ///   - full: When the bucket will be full; 0 for a key that was not seen.
    ///   - now: The time.
    /// - Returns: When it will be full now, and the decision.
    @inline(__always)
    func take(_ cost: Int, _ full: UInt64, now: UInt64) -> (UInt64, RateLimitDecision) {
        let missing = full > now ? full &- now : 0
        let after = missing &+ rule.time(of: cost)
        if after > rule.fillTime {
            let remaining = missing < rule.fillTime ? (rule.fillTime &- missing) / rule.interval : 0
            return (
                full,
                RateLimitDecision(
                    isAllowed: false, remaining: Int(remaining), resetNanoseconds: Int64(missing),
                    retryNanoseconds: Int64(after &- rule.fillTime))
            )
        }
        return (
            now &+ after,
            RateLimitDecision(
                isAllowed: true, remaining: Int((rule.fillTime &- after) / rule.interval),
                resetNanoseconds: Int64(after))
        )
    }
}

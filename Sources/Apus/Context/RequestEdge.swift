import ApusHTTP

/// What middleware found out about a request before its handler, and what it adds to the answer. Used again from request
/// to request; it belongs to the context's loop.
@safe final class RequestEdge {
    /// Fields that go with whatever is answered; the last one of a name wins.
    @safe @exclusivity(unchecked) var blocks: [FieldBlock] = []
    /// The request's name.
    @safe @exclusivity(unchecked) var mark: RequestMark?
    /// Where the request stands in a trace.
    @safe @exclusivity(unchecked) var trace: TraceContext?
    /// What trusted proxies say of the client.
    @safe @exclusivity(unchecked) var forwarded: ForwardedRequest?
    /// The nonce of the content security policy.
    @safe @exclusivity(unchecked) var nonce: String?
    /// Which of the blocks says who may read the answer.
    @safe @exclusivity(unchecked) var originBlock: Int?
    /// What the route of a preflight says of other origins.
    @safe @exclusivity(unchecked) var preflight: CORS?
    /// Where no route was found.
    @safe @exclusivity(unchecked) var unmatched: UnmatchedRequest?
    /// Makes names that differ.
    @safe @exclusivity(unchecked) var names = RandomNames()

    /// Makes it ready for another request: all but the names are forgotten.
    func clear() {
        if !blocks.isEmpty { blocks.removeAll(keepingCapacity: true) }
        mark = nil
        trace = nil
        if forwarded != nil { forwarded = nil }
        if nonce != nil { nonce = nil }
        originBlock = nil
        if preflight != nil { preflight = nil }
        unmatched = nil
    }
}

/// Random numbers for names, which need not be secret: xoshiro256++ (D. Blackman and S. Vigna, ACM TOMS 47(4), 2021), sown
/// by the system.
struct RandomNames {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        // Never all zero, from which it would not move.
        state = (system.next(), system.next(), system.next(), system.next() | 1)
    }

    mutating func next() -> UInt64 {
        let sum = state.0 &+ state.3
        let result = (sum &<< 23 | sum &>> 41) &+ state.0
        let shifted = state.1 &<< 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 &<< 45 | state.3 &>> 19
        return result
    }

    /// A number that is not 0.
    mutating func nextAboveZero() -> UInt64 {
        while true {
            let number = next()
            if number != 0 { return number }
        }
    }
}

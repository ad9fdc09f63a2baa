/// What a poller tells of one descriptor.
struct Readiness: OptionSet {
    let rawValue: UInt8
    /// There are bytes to read, or connections to accept.
    static let readable = Readiness(rawValue: 1 << 0)
    /// There is room to write.
    static let writable = Readiness(rawValue: 1 << 1)
    /// The peer has sent its end, or the connection is broken.
    static let ended = Readiness(rawValue: 1 << 2)
}

#if os(Linux)
    typealias Poller = EpollPoller
#else
    typealias Poller = KqueuePoller
#endif

// A poller is what the systems differ in, and nothing else: `ReadinessDriver` does the rest. It has
//
//     static let kind: DriverKind
//     init() throws(SystemError)
//     func watchListener(_:_:) -> CInt       level-triggered; 0 or -errno
//     func unwatchListener(_:)
//     func watch(_:_:writable:) -> CInt      edge-triggered; 0 or -errno
//     func askWritable(_:_:)                 tells of room to write at once if there is some
//     mutating func wait(nanoseconds:from:) -> Int
//     func event(_:) -> (word: UInt64, readiness: Readiness)
//     var waker: Waker                       its wake() is for any thread; the event's word is `Poller.wakeWord`
//     func clearWake()
//
// and needs no protocol, for one alone is compiled: its calls are inlined.

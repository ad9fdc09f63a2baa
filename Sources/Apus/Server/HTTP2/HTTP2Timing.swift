/// What an HTTP/2 connection knows of the time, in the loop's milliseconds; 0 is never.
struct HTTP2Timing {
    /// When the connection began.
    let began: UInt64
    /// When something was received last.
    var heard: UInt64
    /// When the last request ended.
    var idleSince: UInt64
    /// When the frame or the field block began that is not whole.
    var partBegan: UInt64 = 0
    /// When our settings were sent, until they are acknowledged.
    var settingsSent: UInt64
    /// When the PING was sent that is not answered.
    var pingSent: UInt64 = 0
    /// For when the connection's timer is set.
    var timer: UInt64 = 0
    /// Whether the client takes what waits for it.
    var stall = WriteStallWatch()

    init(now: UInt64) {
        began = now
        heard = now
        idleSince = now
        settingsSent = now
    }

    @inline(__always)
    mutating func noteIncomplete(_ isIncomplete: Bool, now: UInt64) {
        if !isIncomplete {
            partBegan = 0
        } else if partBegan == 0 {
            partBegan = now
        }
    }
}

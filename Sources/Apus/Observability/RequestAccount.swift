import ApusHTTP
import CSystem

/// What is kept of a request while somebody observes; all zero while nobody does. Times are in the processor's ticks.
struct RequestAccount {
    /// When the head was whole; 0 when the request is not observed.
    var began: UInt64 = 0
    /// When its content was whole; 0 when it had none, or that is not so.
    var whole: UInt64 = 0
    /// When the answer began; 0 when that is when it ended.
    var answered: UInt64 = 0
    /// The bytes of content that the answer has, as far as it is at hand.
    var length: Int64 = 0
    /// Bytes that were queued and will never be sent.
    var unsent = 0
    /// The status of the answer; 0 before it.
    var status: UInt16 = 0
    var failure: RequestFailure?
    /// Whether it asks how the server is: the status of the answer says nothing of how it serves.
    var isProbe = false
    /// Whether the observers have been told.
    var isReported = false
}

extension Context {
    /// Notes the answer, for who observes.
    @inline(__always)
    func noteAnswer(_ status: Status, _ length: Int64) {
        guard account.began != 0 else { return }
        account.status = status.code
        account.length = head.methodKind == .head || status.forbidsBody ? 0 : length
        // One that is answered inline ends when it is answered.
        if task != nil { account.answered = apus_ticks() }
    }

    /// Notes that the content has arrived.
    func noteWhole() {
        if account.began != 0, account.whole == 0 { account.whole = apus_ticks() }
    }

    /// Notes that the answer begins, and takes longer than its handler.
    func noteFirstByte() {
        if account.began != 0 { account.answered = apus_ticks() }
    }

    /// Notes why the request fails; the first cause is the one that counts.
    func noteFailure(_ failure: RequestFailure) {
        if account.failure == nil { account.failure = failure }
    }
}

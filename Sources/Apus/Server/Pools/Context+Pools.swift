import ApusHTTP

extension Context {
    /// An answer says that this side is at fault: its connection's pool counts it.
    @inline(never)
    func noteServerError(_ status: Status) {
        (transport?.carrier as? any ServerConnection)?.noteServerError(status)
    }
}

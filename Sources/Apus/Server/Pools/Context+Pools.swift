extension Context {
    /// An answer says that this side is at fault: its connection's pool counts it, unless the client had gone away before,
    /// or asked how the server is.
    @inline(never)
    func noteServerError() {
        guard !account.isProbe, account.failure != .clientGone, account.failure != .cancelled else { return }
        (transport?.carrier as? any ServerConnection)?.noteServerError(isShed: account.failure == .shed)
    }
}

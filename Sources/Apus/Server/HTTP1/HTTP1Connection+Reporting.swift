import ApusHTTP
import ApusNet
import ApusRuntime

/// What those who observe are told of requests by HTTP/1.
extension HTTP1Connection {
    /// The response is queued as a whole: told now, or, when much of it waits for the client, once that has taken it.
    @inline(never)
    func responseQueued(_ context: Context) {
        let (isOpen, isWritable) = unsafe connectionReference._withUnsafeGuaranteedRef { ($0.isOpen, $0.isWritable) }
        guard isOpen else { return }
        // Content that nobody wants is thrown away in the request's own context: it can't wait here as well.
        if isWritable || context.isOver || (context.task == nil && phase == .head && context.head.hasBody) {
            return server.report(context, on: self)
        }
        guard !context.account.isReported else { return }
        if context === server.spare {
            context.keepBytes()
            unsentContext = server.takeSpare()
        } else {
            unsentContext = context
        }
    }

    /// The client has taken nearly all of a response that was queued.
    func responseSent() {
        guard let context = unsentContext else { return }
        unsentContext = nil
        server.report(context, on: self)
        server.giveBack(context)
    }

    /// The connection ended with `count` bytes that were never sent; `closed` follows.
    func lost(_ count: Int, on connection: Connection) {
        let context = unsentContext ?? self.context
        context?.account.unsent = count
    }

    /// The connection is gone: whatever was not reported is cut.
    func reportCut(_ error: SystemError?) {
        let cause = error != nil || peerIsGone ? RequestFailure.clientGone : .serverStopped
        if let unsent = unsentContext {
            if unsent.account.unsent > 0 { unsent.noteFailure(cause) }
            responseSent()
        }
        guard let context, !context.isOver else { return }
        let isWhole = context.isAnswered && context.stream == nil && context.account.unsent == 0
        if !isWhole { context.noteFailure(cause) }
        server.report(context, on: self)
    }

    /// The client has taken nothing for too long.
    func writeStalled() {
        exceeded(.writeStallTimeout)
        (unsentContext ?? context)?.noteFailure(.clientStalled)
        connection.abort()
    }
}

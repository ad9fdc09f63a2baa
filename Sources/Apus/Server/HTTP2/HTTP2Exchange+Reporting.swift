import ApusHTTP
import ApusNet
import ApusRuntime

/// What those who observe are told of requests by HTTP/2.
extension HTTP2Exchange {
    /// The handler of a request that lived within the call that brought it has returned; its answer may yet wait.
    @inline(never)
    func observe(_ context: Context, on origin: HTTP2Connection) {
        // Without a connection, the exchange is over by now.
        guard connection != nil, !flags.contains(.closed) else { return origin.server.report(context, on: origin) }
        context.keepBytes()
        unsentContext = origin.server.takeSpare()
    }

    /// Notes why the request is not answered as a whole, if it is not.
    func noteFailure(_ failure: RequestFailure) {
        guard let context = context ?? unsentContext, !context.account.isReported else { return }
        context.noteFailure(failure)
    }

    /// The answer was sent to its end, or never will be.
    func report() {
        guard let connection, connection.server.isObserved, let context = context ?? unsentContext else { return }
        context.account.unsent = outgoing.count
        connection.server.report(context, on: connection)
        guard unsentContext != nil else { return }
        unsentContext = nil
        connection.server.giveBack(context)
    }
}

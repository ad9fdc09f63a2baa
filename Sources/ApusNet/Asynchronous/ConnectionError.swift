public import ApusRuntime

/// Why a read or a write of an `AsyncConnection` could not be done. A cancelled one throws `CancellationError`.
public enum ConnectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The connection was closed on this side before.
    case closed
    /// The connection broke: the peer reset it, or the network did.
    case broken(SystemError)
    /// TLS failed, or the peer's end came without its farewell: what was received may be cut short.
    case tls(TLSError)
    /// The peer sent its end within what was awaited.
    case endedEarly(received: Int)
    /// No line end came within the limit, in bytes.
    case lineTooLong(limit: Int)
    /// Nothing happened for as long as `AsyncConnection.timeout` says.
    case timedOut(Duration)

    /// A sentence that says what happened.
    public var description: String {
        switch self {
        case .closed: "the connection was closed on this side: read and write before close()"
        case .broken(let error): "the connection broke: \(error.reason)"
        case .tls(let error): error.description
        case .endedEarly(let received): "the peer sent its end after \(received) bytes of what was awaited"
        case .lineTooLong(let limit): "no line end came within \(limit) bytes: raise the limit, or close"
        case .timedOut(let duration): "nothing happened for \(duration): the peer is gone or too slow"
        }
    }
}

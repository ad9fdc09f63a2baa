#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What moves bytes between the kernel and the endpoints of one loop, in completion style: ask for an operation,
/// hear of its end. io_uring is such a thing natively; epoll and kqueue imitate one.
///
/// A backend implements this and nothing else. Every method but `wake()` is called on the loop's thread.
/// Notifications are delivered from `dispatch()` only, never from inside a request, so an endpoint is not
/// re-entered by its own call.
protocol Driver: AnyObject {
    /// Which backend this is.
    var kind: DriverKind { get }

    /// Told once, before anything else: the loop that the driver serves, which keeps it and outlives it.
    func attach(to loop: EventLoop)
    func startAccepting(_ endpoint: Endpoint)
    func pauseAccepting(_ endpoint: Endpoint)
    func startReceiving(_ endpoint: Endpoint)
    func pauseReceiving(_ endpoint: Endpoint)
    func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, more: Bool) -> SendResult
    func send(_ endpoint: Endpoint, _ pieces: UnsafeBufferPointer<iovec>, more: Bool) -> SendResult
    func awaitWritable(_ endpoint: Endpoint)
    /// Stops everything on the descriptor. True: nothing runs any more, it may be closed now; false: the driver
    /// calls `finishClosing()` when the kernel has let go.
    func detach(_ endpoint: Endpoint) -> Bool

    /// Waits until something happened, at most so long from `now`, the time of `apus_monotonic_nanoseconds`, on (negative:
    /// without end), and takes note of it. The number of things that happened.
    func wait(nanoseconds: Int64, from now: UInt64) -> Int
    /// Delivers what `wait` took note of.
    func dispatch()
    /// Whether there is work that `wait` must not sleep over.
    var hasPendingWork: Bool { get }
    /// Makes a `wait` in progress, or the next one, return. Any thread.
    nonisolated func wake()
}

/// The choice of driver.
public enum DriverKind: String, Sendable, CaseIterable {
    /// Linux's edge-triggered readiness interface.
    case epoll
    /// Linux's completion interface, kernel 6.0 or later here.
    case uring
    /// The readiness interface of Darwin and the BSDs. Untested: nobody has run it yet.
    case kqueue
}

#if canImport(Glibc)
    package func closeDescriptor(_ descriptor: CInt) { _ = Glibc.close(descriptor) }
#elseif canImport(Darwin)
    package func closeDescriptor(_ descriptor: CInt) { _ = Darwin.close(descriptor) }
#endif

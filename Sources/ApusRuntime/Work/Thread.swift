import CSystem

/// A system thread with a name and a stack of a known size. It must be joined or detached, exactly once.
package struct Thread: Sendable {
    private let handle: UInt

    /// Starts a thread that runs `body`.
    ///
    /// - Parameters:
    ///   - name: What `top -H` and debuggers show; its first 15 bytes.
    ///   - stackSize: In bytes; rounded up to a multiple of 64 KiB, which every system takes.
    /// - Throws: The error number, as a rule `EAGAIN`: no more threads for this user or control group.
    package init(named name: String, stackSize: Int, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
        let granule = 64 << 10
        let size = max((stackSize + granule - 1) / granule, 1) * granule
        let body = unsafe Unmanaged.passRetained(Body(body))
        var handle: UInt = 0
        let code = unsafe apus_thread_start(
            &handle, name, size,
            { argument in unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().call() },
            body.toOpaque())
        guard code == 0 else {
            unsafe body.release()
            throw ThreadError(code: code)
        }
        self.handle = handle
    }

    /// A small number of the calling thread's own, in the order in which threads first asked.
    static var number: UInt32 { apus_thread_number() }

    /// Waits until the thread has returned.
    package func join() { apus_thread_join(handle) }

    /// Instead of joining: lets the thread end by itself.
    package func detach() { apus_thread_detach(handle) }

    private final class Body {
        let call: @Sendable () -> Void
        init(_ call: @escaping @Sendable () -> Void) { self.call = call }
    }
}

/// A thread could not be started.
package struct ThreadError: Error, Equatable {
    /// The error number that the system gave.
    package let code: Int32
}

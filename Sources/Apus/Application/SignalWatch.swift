import ApusRuntime
import CSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Hears SIGTERM, SIGINT and SIGHUP on a loop: the signal handler only sends a byte through a socket.
final class SignalWatch: Sendable {
    private struct State {
        var heard = 0
        var isCancelled = false
        var first: CheckedContinuation<Void, Never>?
        var second: (@Sendable () -> Void)?
        var others: [CInt: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    init(on loop: EventLoop) {
        let descriptor = apus_watch_signals_errno()
        guard descriptor >= 0 else {
            loop.log(.warning, "signals can't be watched: \(SystemError(code: descriptor, call: "sigaction"))")
            return
        }
        loop.execute { [self] loop in
            let endpoint = SignalEndpoint(loop: loop, descriptor: descriptor, watch: self)
            loop.attach(endpoint)
            endpoint.startReceiving()
        }
    }

    /// Waits for the first signal, or for `cancel()`.
    func first() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.heard == 0, !state.isCancelled { state.first = continuation }
                return state.heard > 0 || state.isCancelled
            }
            if isOver { continuation.resume() }
        }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            defer { state.first = nil }
            return state.first
        }?.resume()
    }

    /// Has `act` called at the second signal, or now when that has been heard already.
    func onSecond(_ act: @escaping @Sendable () -> Void) {
        let isHeard = state.withLock { state in
            state.second = act
            return state.heard > 1
        }
        if isHeard { act() }
    }

    /// Has `act` called on the loop each time that a signal comes which does not stop the server; it must not block.
    func on(_ signal: CInt, _ act: @escaping @Sendable () -> Void) { state.withLock { $0.others[signal] = act } }

    /// Gives the signals their default meaning back.
    func restore() { apus_restore_signals() }

    fileprivate func hear(_ signal: CInt) {
        if signal == SIGTERM || signal == SIGINT { return stop() }
        state.withLock { $0.others[signal] }?()
    }

    private func stop() {
        let (first, second) = state.withLock { state in
            let before = state.heard
            state.heard += 1
            defer { state.first = nil }
            return (state.first, before > 0 ? state.second : nil)
        }
        first?.resume()
        second?()
    }
}

private final class SignalEndpoint: Endpoint {
    private let watch: SignalWatch

    init(loop: EventLoop, descriptor: CInt, watch: SignalWatch) {
        self.watch = watch
        super.init(loop: loop, descriptor: descriptor)
    }

    override func received(_ bytes: RawSpan) {
        for index in 0..<bytes.byteCount {
            watch.hear(CInt(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)))
        }
    }
}

/// Ends the process now.
func exitProcess(_ code: CInt) -> Never { exit(code) }

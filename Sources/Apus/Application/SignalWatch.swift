import ApusRuntime
import CSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Hears SIGTERM and SIGINT on a loop: the signal handler only sends a byte through a socket.
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

    /// Has `act` called at each signal of this number from now on, on the loop that watches.
    func on(_ number: CInt, _ act: @escaping @Sendable () -> Void) {
        state.withLock { $0.others[number] = act }
        _ = apus_watch_signal_errno(number)
    }

    fileprivate func hear(_ bytes: RawSpan) {
        var ends = 0
        for offset in bytes.byteOffsets {
            let number = CInt(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            if number == SIGTERM || number == SIGINT {
                ends += 1
            } else if let act = state.withLock({ $0.others[number] }) {
                act()
            }
        }
        if ends > 0 { hear(ends) }
    }

    /// Gives the signals that end a server their default meaning back.
    func restore() { apus_restore_signals() }

    private func hear(_ signals: Int) {
        let (first, second) = state.withLock { state in
            let before = state.heard
            state.heard += signals
            defer { state.first = nil }
            return (state.first, before + signals > 1 ? state.second : nil)
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

    override func received(_ bytes: RawSpan) { watch.hear(bytes) }
}

/// Ends the process now.
func exitProcess(_ code: CInt) -> Never { exit(code) }

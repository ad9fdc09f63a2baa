import ApusNet
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension RunningServer {
    /// Starts a new process that takes the place of this one, and waits until it serves. From then on this server accepts
    /// no more, and is to be drained; ``Application/run()`` does both at SIGUSR2.
    ///
    /// The new process gets the listening sockets themselves, by a channel that it inherits, so that whoever connects
    /// meanwhile waits in a queue that is never closed; those of Unix sockets and of TLS as well. It accepts when this one
    /// has stopped to. When it crashes, has a wrong configuration, or is not ready in time, this server goes on as if
    /// nothing had been. A listener that only the new process has is opened by it, one that only this one has ends with
    /// this server. Not on a loop of the group.
    ///
    /// - Parameter options: How the new process is started.
    /// - Returns: The number of the new process.
    /// - Throws: ``HandoverError``: why this server serves on.
    @discardableResult public func handOver(
        _ options: HandoverOptions = HandoverOptions()
    ) async throws(HandoverError) -> Int32 {
        if inheritance?.worker != nil { throw HandoverError(.isWorker) }
        try life.beginHandover()
        lifecycle.tell(.handover(.began))
        let result = await withCheckedContinuation { continuation in
            do throws(ThreadError) {
                // It waits, blocked, for the other process: no thread of a pool.
                try Thread(named: "hand-over", stackSize: 512 << 10) { [self] in
                    continuation.resume(returning: handOverBlocking(options))
                }.detach()
            } catch {
                continuation.resume(returning: .failure(HandoverError(.notStarted("no thread for it (\(error.code))"))))
            }
        }
        switch result {
        case .success(let pid):
            life.endHandover(succeeded: true)
            serviceManager.tell(.mainProcess(pid))
            lifecycle.tell(.handover(.served(by: pid)))
            return pid
        case .failure(let error):
            life.endHandover(succeeded: false)
            lifecycle.tell(.handover(.failed(error)))
            throw error
        }
    }

    /// What SIGUSR2 does: the log says what came of it, and `signals` wakes who waits for the end.
    func handOver(endingIn signals: SignalWatch) async {
        let log = configuration.log
        do throws(HandoverError) {
            log(.notice, "handing over: a new process is started")
            var options = HandoverOptions()
            options.readyTimeout = configuration.handoverTimeout
            let pid = try await handOver(options)
            log(.notice, "handed over: process \(pid) serves, and this one (\(getpid())) drains")
            signals.cancel()
        } catch {
            log(.error, "not handed over, and serving on as before: \(error)")
        }
    }

    private func handOverBlocking(_ options: HandoverOptions) -> Result<Int32, HandoverError> {
        let listeners = allListeners
        let places = places + (admin.withLock { $0 }?.places ?? [])
        let offer = SocketOffer(
            sockets: zip(places, listeners).map { ($0, $1.server.duplicateSockets()) }, patience: options.readyTimeout)
        defer { offer.close() }
        do throws(HandoverError) {
            let child: ChildProcess
            do throws(SystemError) {
                child = try ChildProcess(
                    program: options.program, arguments: options.arguments, environment: options.environment)
            } catch {
                throw HandoverError(.notStarted("\(error)"))
            }
            lifecycle.tell(.handover(.started(child.pid)))
            guard life.noteSuccessor(child) else {
                _ = child.endNow(after: .zero)
                throw HandoverError(.calledOff)
            }
            try offer.hand(to: child) {
                guard life.commitHandover() else { return false }
                for listener in listeners { listener.server.pauseAccepting() }
                return true
            } goOn: {
                life.endHandover(succeeded: false)
                for listener in listeners { listener.server.resumeAccepting() }
            }
            for listener in listeners { listener.server.disownFile() }
            return .success(child.pid)
        } catch {
            return .failure(life.isDraining ? HandoverError(.calledOff) : error)
        }
    }
}

/// How far a hand-over is.
public enum HandoverProgress: Equatable, Sendable {
    /// It was asked for.
    case began
    /// The new process was started, with that number.
    case started(Int32)
    /// The new process accepts connections; this one drains.
    case served(by: Int32)
    /// It has come to nothing, and this process serves on.
    case failed(HandoverError)
}

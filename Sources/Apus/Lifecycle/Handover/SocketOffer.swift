import ApusRuntime
import CSystem

/// Offers listening sockets to a child, and sees it to the point where it serves. Blocks; on a thread that may.
package struct SocketOffer: Sendable {
    /// The sockets of each listener, by its place in the configuration (`ServerListener.places`).
    package var sockets: [(place: String, descriptors: [CInt])]
    /// The number of the worker that the child is; nil for one that takes this process's place.
    package var worker: Int?
    /// How long the child may take until it is ready, and then until it serves.
    package var patience: Duration

    package init(sockets: [(place: String, descriptors: [CInt])], worker: Int? = nil, patience: Duration) {
        self.sockets = sockets
        self.worker = worker
        self.patience = patience
    }

    /// Closes the sockets, of which the child has its own copies.
    package func close() {
        for (_, descriptors) in sockets { descriptors.forEach(closeDescriptor) }
    }

    /// Hands the sockets over.
    ///
    /// - Parameters:
    ///   - child: The new process. It is ended when anything goes wrong.
    ///   - commit: Called when it is ready: stops to accept, and returns true; or returns false, and all is called off.
    ///   - goOn: Called when it has failed after that: accepts again.
    /// - Throws: Why it does not serve.
    package func hand(
        to child: ChildProcess, commit: () -> Bool, goOn: () -> Void
    ) throws(HandoverError) {
        do throws(HandoverError) {
            try send(to: child)
            try expect(.ready, from: child)
            guard commit() else { throw HandoverError(.calledOff) }
        } catch {
            throw ended(child, error)
        }
        do throws(HandoverError) {
            try send(HandoverMessage(.go), to: child)
            try expect(.serving, from: child)
        } catch {
            // It must not accept any more when we do again.
            let error = ended(child, error)
            goOn()
            throw error
        }
    }

    private func send(to child: ChildProcess) throws(HandoverError) {
        for (place, descriptors) in sockets {
            var left = descriptors[...]
            while !left.isEmpty {
                let part = Array(left.prefix(Int(APUS_MOST_DESCRIPTORS)))
                left = left.dropFirst(part.count)
                try send(HandoverMessage(.sockets, place, descriptors: part), to: child)
            }
        }
        let number = worker.map { " \($0)" } ?? ""
        try send(HandoverMessage(.offered, HandoverMessage.version + number), to: child)
    }

    private func send(_ message: HandoverMessage, to child: ChildProcess) throws(HandoverError) {
        do throws(SystemError) {
            try child.channel.send(message)
        } catch {
            // What it said last may say why.
            try expect(.serving, from: child)
        }
    }

    private func expect(_ kind: HandoverMessage.Kind, from child: ChildProcess) throws(HandoverError) {
        let message: HandoverMessage
        do throws(HandoverChannelError) {
            message = try child.channel.receive(until: .now + patience)
        } catch {
            switch error {
            case .timedOut: throw HandoverError(.timedOut(patience))
            case .malformed: throw HandoverError(.refused("it does not speak as Apus does"))
            case .ended: throw HandoverError(.ended("it ended"))
            }
        }
        for descriptor in message.descriptors { closeDescriptor(descriptor) }
        if message.kind == .failed { throw HandoverError(.refused(message.argument)) }
        guard message.kind == kind else {
            throw HandoverError(.refused("it said \(message.kind.rawValue) instead of \(kind.rawValue)"))
        }
    }

    /// Sees to it that the child has ended. Its channel stays open until then, for a child takes the end of that for ours.
    private func ended(_ child: ChildProcess, _ error: HandoverError) -> HandoverError {
        switch error.reason {
        // One that has said its last is given the time to end in its own way.
        case .ended: return HandoverError(.ended("\(child.endNow(after: .seconds(5)))"))
        case .refused: _ = child.endNow(after: .seconds(1))
        default: _ = child.endNow(after: .zero)
        }
        return error
    }
}

import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The listening sockets that the process which started this one has offered, and the way back to it. One for a process;
/// used by the thread that starts a server.
final class SocketInheritance: Sendable {
    private struct State: Sendable {
        var sockets: [(place: String, descriptors: [CInt])] = []
    }

    /// How long the other process may take for each thing that it says.
    private static let patience = Duration.seconds(60)

    /// The number of the worker that this process is; nil for one that takes another's place.
    let worker: Int?
    private let channel: DescriptorChannel
    private let state: Lock<State>

    /// What this process has inherited: nil when it was started in the usual way, or when it was taken before.
    ///
    /// - Throws: When what started this process does not keep to the protocol.
    static func take() throws(HandoverError) -> SocketInheritance? {
        guard let value = unsafe getenv(ChildProcess.variable) else { return nil }
        let words = unsafe String(cString: value).split(separator: ",")
        _ = unsafe unsetenv(ChildProcess.variable)
        // A descriptor of that number may be anything in a process that has merely inherited the variable.
        guard words.count == 2, let descriptor = Int(words[0]).flatMap({ CInt(exactly: $0) }),
            let parent = Int(words[1]).flatMap({ pid_t(exactly: $0) }),
            apus_peer_process_errno(descriptor) == parent
        else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let inheritance = try SocketInheritance(DescriptorChannel(owning: descriptor))
        if inheritance.worker != nil { try inheritance.endWith(parent) }
        return inheritance
    }

    /// A worker does not outlive a master that was killed: it drains then.
    private func endWith(_ master: pid_t) throws(HandoverError) {
        _ = apus_end_with_parent_errno(SIGTERM)
        // It may have died before that was said.
        guard getppid() == master else { throw HandoverError(.refused("its master has ended")) }
    }

    init(_ channel: DescriptorChannel) throws(HandoverError) {
        self.channel = channel
        var state = State()
        var arguments: [Substring]?
        do throws(HandoverChannelError) {
            while arguments == nil {
                let message = try channel.receive(until: .now + Self.patience)
                switch message.kind {
                case .sockets: state.sockets.append((message.argument, message.descriptors))
                case .offered: arguments = message.argument.split(separator: " ")
                default: throw .malformed
                }
            }
        } catch {
            for (_, descriptors) in state.sockets { descriptors.forEach(closeDescriptor) }
            throw HandoverError(.refused("what was to be taken over did not come: \(error)"))
        }
        self.state = Lock(state)
        guard let arguments, arguments.first.map(String.init) == HandoverMessage.version else {
            let version = arguments?.first ?? "?"
            try? channel.send(
                HandoverMessage(.failed, "it does not know version \(version) of the hand-over: stop and start anew"))
            throw HandoverError(
                .refused("the old process has another version of the hand-over: stop it, and start this"))
        }
        worker = arguments.count > 1 ? Int(arguments[1]) : nil
    }

    /// The sockets of the listener at that place, which are the caller's now; empty when there are none.
    func claim(_ place: String) -> [CInt] {
        state.withLock { state in
            let found = state.sockets.filter { $0.place == place }.flatMap(\.descriptors)
            state.sockets.removeAll { $0.place == place }
            return found
        }
    }

    /// A worker's way to its master; nil for a process that has none.
    func takeLink() -> WorkerLink? {
        guard let worker else { return nil }
        let found = claim(WorkerPort.place)
        for extra in found.dropFirst() { closeDescriptor(extra) }
        return found.first.map { WorkerLink(worker: worker, DescriptorChannel(owning: $0)) }
    }

    /// What a worker shares with the others of its master; nil for a process that has none, or an older one.
    ///
    /// - Throws: When it can't be read.
    func takeSecrets() throws(HandoverError) -> WorkerSecrets? {
        let found = claim(WorkerSecrets.place)
        defer { found.forEach(closeDescriptor) }
        guard let pipe = found.first else { return nil }
        guard let secrets = WorkerSecrets(reading: pipe) else {
            throw HandoverError(.refused("what the workers share does not come from their master"))
        }
        return secrets
    }

    /// Says that everything is open, and waits until this process is to accept. The other process may end meanwhile: then
    /// this one is the only one.
    ///
    /// - Throws: When the other process calls it off.
    func ready() throws(HandoverError) {
        do throws(SystemError) { try channel.send(HandoverMessage(.ready)) } catch { return }
        do throws(HandoverChannelError) {
            while try channel.receive(until: .now + Self.patience).kind != .go {}
        } catch .ended {
            // Sockets that nobody else has, or a master that is gone: to serve is right for the one, and the other ends us.
        } catch {
            throw HandoverError(.refused("the old process does not answer: \(error)"))
        }
    }

    /// Says that this process accepts. Sockets that nobody has claimed are closed.
    func serving() {
        let unclaimed = state.withLock { state in
            defer { state.sockets = [] }
            return state.sockets.flatMap(\.descriptors)
        }
        unclaimed.forEach(closeDescriptor)
        try? channel.send(HandoverMessage(.serving))
    }

    /// Says why this process can't serve.
    func fail(_ why: String) { try? channel.send(HandoverMessage(.failed, why)) }
}

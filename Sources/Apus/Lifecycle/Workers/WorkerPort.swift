import ApusRuntime
package import ApusWorkers
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A master's end of the channel to one worker. It never waits: what a worker does not take yet is kept, so that one which
/// hangs holds nobody. Used by one thread.
package final class WorkerPort {
    private let channel: DescriptorChannel
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []
    private var hasEnded = false

    /// The place by which a worker finds its end among the sockets that are handed over to it.
    package static let place = "configuration"

    /// The most that is kept for a worker that does not read; beyond it, it is given up.
    private static let mostKept = 64 << 20
    /// The most that is kept when a parcel is to be added; beyond it, whoever has asked gets no answer.
    private static let mostParcels = 8 << 20

    /// A channel, and the other end for the worker, which is the caller's to close.
    ///
    /// - Throws: Why there is none.
    package static func pair() throws(SystemError) -> (WorkerPort, CInt) {
        let (own, other) = try DescriptorChannel.pair()
        let descriptor = fcntl(other.descriptor, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SystemError(call: "fcntl") }
        return (WorkerPort(own), descriptor)
    }

    init(_ channel: DescriptorChannel) {
        self.channel = channel
        _ = fcntl(channel.descriptor, F_SETFL, fcntl(channel.descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// For who waits for several.
    package var descriptor: CInt { channel.descriptor }
    /// Whether there is something that the worker has not taken yet.
    package var hasOutput: Bool { !outgoing.isEmpty }

    /// Sends a message, now or as soon as the worker takes it.
    ///
    /// - Returns: False when the worker is gone.
    @discardableResult package func send(_ message: WorkerMessage) -> Bool {
        outgoing += DescriptorChannel.frame(message.bytes)
        return flush() && outgoing.count <= Self.mostKept
    }

    /// Sends what is kept, as far as the worker takes it.
    ///
    /// - Returns: False when the worker is gone.
    @discardableResult package func flush() -> Bool {
        var sent = 0
        while sent < outgoing.count {
            let count = unsafe outgoing.withUnsafeBytes { bytes in
                unsafe apus_send_descriptors_errno(
                    channel.descriptor, bytes.baseAddress! + sent, bytes.count - sent, nil, 0)
            }
            if count < 0, count != -Int(EAGAIN) { hasEnded = true }
            guard count > 0 else { break }
            sent += count
        }
        outgoing.removeFirst(sent)
        return !hasEnded
    }

    /// Passes on what one worker has for another, unless this one is too far behind to be told.
    ///
    /// - Returns: False when the worker is gone.
    @discardableResult package func send(_ parcel: WorkerParcel) -> Bool {
        guard outgoing.count <= Self.mostParcels else { return true }
        outgoing += DescriptorChannel.frame(parcel.bytes)
        return flush()
    }

    /// What the worker has said, in order.
    ///
    /// - Returns: Nil when it is gone, or speaks as no worker does.
    package func receive() -> [WorkerFrame]? {
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var descriptors = [CInt](repeating: -1, count: Int(APUS_MOST_DESCRIPTORS))
            var number = 0
            let count = unsafe part.withUnsafeMutableBytes { bytes in
                unsafe apus_receive_descriptors_errno(
                    channel.descriptor, bytes.baseAddress!, bytes.count, &descriptors, &number)
            }
            for descriptor in descriptors.prefix(number) { closeDescriptor(descriptor) }
            if count == 0 || count < 0 && count != -Int(EAGAIN) { hasEnded = true }
            guard count > 0 else { break }
            incoming += part[..<count]
        }
        var frames: [WorkerFrame] = []
        while incoming.count >= 4 {
            let count = incoming[..<4].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
            guard count <= WorkerMessage.longest else { return nil }
            guard incoming.count >= 4 + count else { break }
            guard let frame = WorkerFrame(Array(incoming[4..<4 + count])) else { return nil }
            incoming.removeFirst(4 + count)
            frames.append(frame)
        }
        // What it said last counts, also when it is gone.
        return hasEnded && frames.isEmpty ? nil : frames
    }
}

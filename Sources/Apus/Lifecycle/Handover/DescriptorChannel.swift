import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One end of a pair of Unix sockets between two processes, by which descriptors are handed over (SCM_RIGHTS, unix(7)).
///
/// It blocks, so it is for threads that may. One thread receives at a time; any thread may send, or ``interrupt()``.
package final class DescriptorChannel: Sendable {
    /// The longest text of a message; whoever sends more is no Apus.
    static let longest = 64 << 10

    /// The descriptor, for who waits for several channels.
    package let descriptor: CInt

    /// Owns the descriptor from now on.
    package init(owning descriptor: CInt) { self.descriptor = descriptor }

    deinit { _ = close(descriptor) }

    /// A pair: an end for this process, and one for a child.
    package static func pair() throws(SystemError) -> (DescriptorChannel, DescriptorChannel) {
        var ends: (CInt, CInt) = (-1, -1)
        let failure = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            unsafe apus_channel_errno(bytes.baseAddress!.assumingMemoryBound(to: CInt.self))
        }
        guard failure == 0 else { throw SystemError(code: failure, call: "socketpair") }
        return (DescriptorChannel(owning: ends.0), DescriptorChannel(owning: ends.1))
    }

    /// Has whoever waits at either end see the end.
    package func interrupt() { shutdown(descriptor, CInt(SHUT_RDWR)) }

    /// Sends a message. Its descriptors stay the caller's, and may be closed at once.
    ///
    /// - Throws: When the other end is gone.
    package func send(_ message: HandoverMessage) throws(SystemError) {
        let text = Array(message.text.utf8)
        precondition(text.count <= Self.longest && message.descriptors.count <= Int(APUS_MOST_DESCRIPTORS))
        let bytes = Self.frame(text)
        // The descriptors travel with the length.
        try send(bytes[..<4], message.descriptors)
        try send(bytes[4...], [])
    }

    /// Bytes behind their number, in four bytes of which the lowest is first.
    static func frame(_ content: [UInt8]) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: content.count >> $0) } + content
    }

    /// Sends bytes that are no message of a hand-over.
    ///
    /// - Throws: When the other end is gone.
    func send(bytes: [UInt8]) throws(SystemError) { try send(Self.frame(bytes)[...], []) }

    /// Receives what ``send(bytes:)`` has sent.
    ///
    /// - Parameters:
    ///   - deadline: When to give up; nil is never.
    ///   - most: The most bytes; more is malformed.
    /// - Throws: ``HandoverChannelError``.
    func receiveBytes(
        until deadline: ContinuousClock.Instant?, atMost most: Int
    ) throws(HandoverChannelError) -> [UInt8] {
        var descriptors: [CInt] = []
        defer { for descriptor in descriptors { _ = close(descriptor) } }
        let header = try read(4, &descriptors, until: deadline)
        let count = header.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        guard count <= most else { throw .malformed }
        return try read(count, &descriptors, until: deadline)
    }

    private func send(_ bytes: ArraySlice<UInt8>, _ descriptors: [CInt]) throws(SystemError) {
        var left = bytes
        var descriptors = descriptors
        while !left.isEmpty {
            let sent = unsafe left.withUnsafeBytes { bytes in
                unsafe descriptors.withUnsafeBufferPointer { list in
                    unsafe apus_send_descriptors_errno(
                        descriptor, bytes.baseAddress!, bytes.count, list.baseAddress, list.count)
                }
            }
            guard sent >= 0 else { throw SystemError(code: CInt(sent), call: "sendmsg") }
            left = left.dropFirst(sent)
            descriptors = []
        }
    }

    /// Receives the next message. Its descriptors are the caller's.
    ///
    /// - Parameter deadline: When to give up; nil is never.
    /// - Throws: ``HandoverChannelError``.
    package func receive(
        until deadline: ContinuousClock.Instant?
    ) throws(HandoverChannelError) -> HandoverMessage {
        var descriptors: [CInt] = []
        do throws(HandoverChannelError) {
            let header = try read(4, &descriptors, until: deadline)
            let count = header.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
            guard count <= Self.longest else { throw .malformed }
            let text = try read(count, &descriptors, until: deadline)
            guard let message = HandoverMessage(text: String(decoding: text, as: UTF8.self), descriptors) else {
                throw .malformed
            }
            return message
        } catch {
            for descriptor in descriptors { _ = close(descriptor) }
            throw error
        }
    }

    private func read(
        _ count: Int, _ descriptors: inout [CInt], until deadline: ContinuousClock.Instant?
    ) throws(HandoverChannelError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            try awaitInput(until: deadline)
            var found = [CInt](repeating: -1, count: Int(APUS_MOST_DESCRIPTORS))
            var number = 0
            let got = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe apus_receive_descriptors_errno(
                    descriptor, bytes.baseAddress! + filled, count - filled, &found, &number)
            }
            descriptors += found.prefix(number)
            guard got > 0 else { throw .ended }
            filled += got
        }
        return bytes
    }

    private func awaitInput(until deadline: ContinuousClock.Instant?) throws(HandoverChannelError) {
        while true {
            var milliseconds: CInt = -1
            if let deadline {
                let left = (deadline - .now) / .milliseconds(1)
                guard left > 0 else { throw .timedOut }
                milliseconds = CInt(min(left.rounded(.up), 86_400_000))
            }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&wanted, 1, milliseconds) > 0 { return }
        }
    }
}

/// Why no message came.
package enum HandoverChannelError: Error, Equatable {
    /// The other process has ended, or has given up.
    case ended
    /// It took too long.
    case timedOut
    /// What came is no message.
    case malformed
}

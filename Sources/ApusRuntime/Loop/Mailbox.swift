public import Synchronization

// Source: R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118 (1986). The stack is never
// popped node by node: the consumer takes it whole with one exchange and reverses it, so no node is ever compared
// against after it was freed, and the ABA problem cannot arise.
// Ownership: a node belongs to its producer until the compare-exchange succeeds, then to the stack, then to the
// consumer that took the batch; the consumer moves the message out and frees the node. What nobody drained is
// freed with the mailbox.
// Ordering: the exchange in `drain` acquires what each push released (a push that links on top of another
// continues its release sequence), so all a producer wrote before pushing is seen by `body`. Push and `isEmpty`
// are moreover sequentially consistent, so that "store asleep, then look at isEmpty" against "push, then load
// asleep" cannot lose a message (Dekker's pattern). It costs nothing on x86-64 and next to nothing on arm64.
// Wake: exactly the push that finds the stack empty returns true, so a batch costs one wake.
//
// Unchecked Sendable holds because `top` is atomic, a node has one owner at a time, and messages are Sendable.

/// What other threads hand to one consumer, as a rule an event loop: any thread pushes, one drains.
///
/// Messages of one producer arrive in the order in which it pushed them; between producers the order is that of
/// their pushes taking effect. `push` is lock-free (it retries only when another producer succeeded), `drain` is
/// wait-free to the batch it takes.
///
/// ```swift
/// let mailbox = Mailbox<Int>()
/// let mustWake = mailbox.push(1)  // true: the mailbox was empty
/// mailbox.drain { message in print(message) }
/// ```
@safe public final class Mailbox<Message: Sendable>: @unchecked Sendable {
    @unsafe @usableFromInline struct Node {
        @usableFromInline var next: UnsafeMutablePointer<Node>?
        @usableFromInline let message: Message

        @inlinable init(_ message: Message) {
            unsafe self.next = nil
            unsafe self.message = message
        }

        /// Never inlined: to the optimiser an atomic operation cannot release anything, so beside one it may retain
        /// the message only after the consumer has released it. Here the message is retained when this returns.
        @inlinable @inline(never) static func make(_ message: Message) -> UnsafeMutablePointer<Node> {
            let node = UnsafeMutablePointer<Node>.allocate(capacity: 1)
            unsafe node.initialize(to: Node(message))
            return unsafe node
        }
    }

    @usableFromInline let top: Atomic<UnsafeMutablePointer<Node>?>

    /// Makes an empty mailbox.
    @inlinable public init() { unsafe top = Atomic(nil) }

    deinit { _ = drain { _ in } }

    /// Leaves a message for the consumer; from any thread, without blocking.
    ///
    /// - Returns: True when the consumer must be woken: this message is the first since it last drained.
    @inlinable public func push(_ message: Message) -> Bool {
        let node = unsafe Node.make(message)
        var seen = unsafe top.load(ordering: .relaxed)
        while true {
            unsafe node.pointee.next = seen
            let (exchanged, original) = unsafe top.weakCompareExchange(
                expected: seen, desired: node, successOrdering: .sequentiallyConsistent, failureOrdering: .relaxed)
            if exchanged { return unsafe seen == nil }
            unsafe seen = original
        }
    }

    /// Takes all that was pushed before this call and hands it over, oldest first. One thread at a time: the consumer.
    ///
    /// What `body` itself pushes is left for the next drain, so a drain always ends.
    ///
    /// - Returns: How many messages were handed over.
    @inlinable @discardableResult public func drain(_ body: (Message) -> Void) -> Int {
        // A look before the exchange keeps the cache line shared when nothing has come.
        if unsafe top.load(ordering: .relaxed) == nil { return 0 }
        var newest = unsafe top.exchange(nil, ordering: .acquiringAndReleasing)
        var oldest: UnsafeMutablePointer<Node>? = nil
        while let node = unsafe newest {
            unsafe newest = node.pointee.next
            unsafe node.pointee.next = oldest
            unsafe oldest = node
        }
        var count = 0
        while let node = unsafe oldest {
            unsafe oldest = node.pointee.next
            let message = unsafe node.move().message
            unsafe node.deallocate()
            body(message)
            count &+= 1
        }
        return count
    }

    /// True when nothing has been pushed since the consumer last drained.
    @inlinable public var isEmpty: Bool { unsafe top.load(ordering: .sequentiallyConsistent) == nil }
}
